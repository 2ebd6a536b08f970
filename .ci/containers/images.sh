# shellcheck shell=bash
# Stand-ins for the published images, built from this machine's Debian, Node, npm, jars and Prometheus. Sourced by run. An image that exists with the same
# inputs is not built again: its tag is their hash.

images="$(dirname "${BASH_SOURCE[0]}")"

# Names the images in the variables that docker-compose.yml and the tests read. Fails when one cannot be built.
build_stand_ins() {
  local debian java artifacts node
  node="$PWD/node_modules/node/bin/node"
  artifacts="$(java_artifacts)" || return 1
  debian="$(debian_image)" || return 1
  java="$(stand_in java --build-arg "DEBIAN=$debian")" || return 1
  NODE_IMAGE="$(stand_in node --build-arg "DEBIAN=$debian" \
    -- "node=$node" "npm=$(npm root --global)/npm" "npmrc=$(npm_settings)")" || return 1
  KAFKA_IMAGE="$(stand_in kafka --build-arg "JAVA=$java" -- "kafka=$artifacts/kafka" "run=$images/kafka-run")" || return 1
  SCHEMA_REGISTRY_IMAGE="$(stand_in registry --build-arg "JAVA=$java" -- "registry=$artifacts/registry")" || return 1
  PROMETHEUS_IMAGE="$(stand_in prometheus --build-arg "DEBIAN=$debian" \
    -- "prometheus=$(command -v prometheus)" "promtool=$(command -v promtool)")" || return 1
  export NODE_IMAGE KAFKA_IMAGE SCHEMA_REGISTRY_IMAGE PROMETHEUS_IMAGE
}

# The folder with the jars of the Java stack; fetched if no test run has fetched them before.
java_artifacts() {
  node_modules/.bin/node --input-type=module -e '
    const { cacheFolder, fetchJavaArtifacts } = await import(`${process.cwd()}/dev/stack/java-artifacts.ts`);
    await fetchJavaArtifacts("mvn", process.env, () => undefined);
    console.log(cacheFolder(process.env));'
}

# npm's own way to the registry, for `npm ci` inside a build. No credentials: a registry that wants some is not for CI.
npm_settings() {
  local file="$work/npmrc"
  printf 'registry=%s\ncafile=/etc/ssl/certs/ca-certificates.crt\n' "$(npm config get registry 2>/dev/null)" >"$file"
  echo "$file"
}

# The smallest Debian, with this machine's authorities: registries may stand behind one of them.
debian_image() {
  local suite tag root="$work/debian" authorities=/etc/ssl/certs/ca-certificates.crt
  suite="$(. /etc/os-release && echo "$VERSION_CODENAME")"
  tag="vxt-ci/debian:$(hash_of "$suite" "$authorities" "$(declare -f debian_image)")"
  if ! exists "$tag"; then
    timeout 300 debootstrap --variant=minbase "$suite" "$root" >"$work/debian.log" 2>&1 || return 1
    rm -rf "$root"/usr/share/{doc,locale,man}/* "$root"/var/cache/apt/* "$root"/var/lib/apt/lists/*
    mkdir -p "$root/usr/share/man/man1" "$root/etc/ssl/certs"
    cp "$authorities" "$root/etc/ssl/certs/"
    tar -C "$root" -c . | docker import --change 'CMD ["bash"]' - "$tag" >/dev/null || return 1
    rm -rf "$root"
  fi
  echo "$tag"
}

# stand_in <name> <docker build options> -- <name in the context>=<file or folder>…: builds <name>.Dockerfile and prints the image's name.
stand_in() {
  local name="$1" pair tag options=() context
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do
    options+=("$1")
    shift
  done
  [ $# -gt 0 ] && shift
  tag="vxt-ci/$name:$(hash_of "$images/$name.Dockerfile" "${options[@]}" "${@#*=}")"
  if ! exists "$tag"; then
    context="$work/$name"
    mkdir -p "$context"
    for pair in "$@"; do cp -rL "${pair#*=}" "$context/${pair%%=*}" || return 1; done
    DOCKER_BUILDKIT=0 timeout 240 docker build --force-rm -q -t "$tag" -f "$images/$name.Dockerfile" "${options[@]}" "$context" >/dev/null 2>"$work/$name.log" ||
      { tail -n 5 "$work/$name.log" >&2; return 1; }
    rm -rf "$context"
  fi
  echo "$tag"
}

exists() { docker image inspect "$1" >/dev/null 2>&1; }

# One hash of texts, files (by content) and folders (by the names and sizes below them).
hash_of() {
  local one
  for one in "$@"; do
    if [ -d "$one" ]; then (cd "$one" && find -L . -type f -printf '%p %s\n' | sort)
    elif [ -f "$one" ]; then cat "$one"
    else echo "$one"; fi
  done | sha256sum | cut -c1-12
}
