# shellcheck shell=bash
# A Docker engine: the one that answers, or else one of our own that ends with the run. Sourced by run.

engine_pid=

# Sets `engine` to a description; or fails with `engine_problem` set to why there is none.
find_engine() {
  if timeout 20 docker version >/dev/null 2>&1; then
    engine="$(describe_engine), found"
    return 0
  fi
  if [ -n "${DOCKER_HOST:-}" ]; then
    engine_problem="no engine answers at DOCKER_HOST=$DOCKER_HOST"
    return 1
  fi
  start_engine
}

# Its images stay in the user's cache, so that a second run builds none of them again.
start_engine() {
  [ "$(id -u)" = 0 ] || { engine_problem='no engine answers, and only root can start one'; return 1; }
  command -v apt-get >/dev/null || { engine_problem='no engine answers, and without apt none can be installed'; return 1; }
  local package packages=()
  for package in dockerd:docker.io docker-compose:docker-compose debootstrap:debootstrap; do
    command -v "${package%%:*}" >/dev/null || packages+=("${package#*:}")
  done
  if [ ${#packages[@]} -gt 0 ]; then
    echo "Installing ${packages[*]}"
    # The package wants to start the engine as a service; ours is started by hand.
    { timeout 60 apt-get update -qq && DEBIAN_FRONTEND=noninteractive timeout 180 apt-get install -y -qq --no-install-recommends "${packages[@]}"; } \
      >"$work/apt.log" 2>&1 </dev/null || { engine_problem="apt cannot install ${packages[*]}: $(tail -n 1 "$work/apt.log")"; return 1; }
  fi
  mkdir -p "$work/engine" "$engine_data"
  export DOCKER_HOST="unix://$work/engine/docker.sock"
  setsid dockerd --host "$DOCKER_HOST" --data-root "$engine_data" --exec-root "$work/engine/exec" --pidfile "$work/engine/docker.pid" \
    >"$work/engine/log" 2>&1 </dev/null &
  engine_pid=$!
  local tries
  for ((tries = 0; tries < 60; tries += 1)); do
    if timeout 5 docker version >/dev/null 2>&1; then
      engine="$(describe_engine), started for this run"
      # Its clean-up container cannot be pulled; the run removes by label what tests leave.
      export TESTCONTAINERS_RYUK_DISABLED=true
      # A CI machine may itself be a container; the engine runs beside the tests nevertheless.
      export TESTCONTAINERS_HOST_OVERRIDE=127.0.0.1
      return 0
    fi
    kill -0 "$engine_pid" 2>/dev/null || break
    sleep 0.5
  done
  engine_problem="dockerd does not come up: $(grep -v 'level=info' "$work/engine/log" | tail -n 1 | cut -c1-300)"
  stop_engine
  unset DOCKER_HOST
  return 1
}

describe_engine() { timeout 10 docker info --format 'Docker {{.ServerVersion}}, {{.Driver}}, {{.NCPU}} CPUs'; }

# Containers, networks and volumes that tests left, and the engine if it is ours. The images stay.
stop_engine() {
  [ -n "$engine_pid" ] || return 0
  remove_labelled org.testcontainers=true
  remove_labelled com.docker.compose.project
  kill "$engine_pid" 2>/dev/null
  local tries
  for ((tries = 0; tries < 40; tries += 1)); do
    kill -0 "$engine_pid" 2>/dev/null || break
    sleep 0.5
  done
  kill -9 "$engine_pid" 2>/dev/null
  engine_pid=
}

remove_labelled() {
  local kind ids
  ids="$(timeout 20 docker ps -aq --filter "label=$1")" && [ -n "$ids" ] && timeout 60 docker rm -fv $ids >/dev/null
  for kind in network volume; do
    ids="$(timeout 20 docker "$kind" ls -q --filter "label=$1")" && [ -n "$ids" ] && timeout 60 docker "$kind" rm $ids >/dev/null
  done
  return 0
}
