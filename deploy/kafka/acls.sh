#!/bin/sh
# Gives each service the rights it needs in Kafka, and no more; README.md beside this file lists them. Safe to run again.
#
#   KAFKA_BROKERS=kafka:9093 COMMAND_CONFIG=admin.properties ./acls.sh
#
# Needs kafka-acls.sh (of Kafka's bin/) on the PATH. COMMAND_CONFIG is the client file of a principal that may alter ACLs.
# KAFKA_TOPIC_PREFIX and KAFKA_CREATE_TOPICS as for the services; the principals can be named otherwise, as with a certificate: INGRESS=User:CN=ingress
set -eu

if [ $# -gt 0 ]; then
  echo "Usage: KAFKA_BROKERS=host:port deploy/kafka/acls.sh gives each service its rights in Kafka. It takes no arguments; the settings at its top come from the environment."
  [ "$1" = --help ] && exit 0
  exit 2
fi

: "${KAFKA_BROKERS:?is not set: comma list of host:port}"
prefix="${KAFKA_TOPIC_PREFIX:-vxt.}"
create="${KAFKA_CREATE_TOPICS:-true}"
ingress="${INGRESS:-User:vxt-ingress}"
call_metrics="${CALL_METRICS:-User:vxt-call-metrics}"
exporter="${PROMETHEUS_EXPORTER:-User:vxt-prometheus-exporter}"
redrive="${REDRIVE:-User:vxt-redrive}"

allow() {
  principal="$1"
  shift
  kafka-acls.sh --bootstrap-server "$KAFKA_BROKERS" ${COMMAND_CONFIG:+--command-config "$COMMAND_CONFIG"} \
    --add --force --allow-principal "$principal" "$@"
}

calls="${prefix}call-logs"
voicemails="${prefix}voicemails"
unrecognised="${prefix}unrecognised-webhooks"
table="${prefix}user-call-metrics"
state="${prefix}call-metrics-state"
seen="${prefix}call-metrics-seen"
dead="${prefix}dead-letters"
ids="${prefix}schema-ids"

# Who writes with a schema tells the log its id, and reads there which ids it was written with.
# The ingress writes what VXT sends.
allow "$ingress" --operation Write --operation DescribeConfigs --topic "$calls" --topic "$voicemails" --topic "$unrecognised" --topic "$ids"
allow "$ingress" --operation Read --topic "$ids"
allow "$ingress" --operation Read --resource-pattern-type prefixed --group "${prefix}ingress-"

# call-metrics (and npm run rebuild) reads the events and is the only one that writes its four topics; it cuts the seen ids itself.
allow "$call_metrics" --operation Read --topic "$calls" --topic "$voicemails" --topic "$table" --topic "$state" --topic "$seen" \
  --topic "$ids" --group "${prefix}call-metrics"
allow "$call_metrics" --operation Write --topic "$table" --topic "$state" --topic "$seen" --topic "$dead" --topic "$ids"
allow "$call_metrics" --operation Delete --topic "$seen"
allow "$call_metrics" --operation DescribeConfigs --topic "$calls" --topic "$voicemails" --topic "$table" --topic "$state" --topic "$seen" \
  --topic "$dead" --topic "$ids"
allow "$call_metrics" --operation Read --resource-pattern-type prefixed --group "${prefix}call-metrics-reader-"
allow "$call_metrics" --operation Write --resource-pattern-type prefixed --transactional-id "${prefix}call-metrics-"

# The exporter reads the table.
allow "$exporter" --operation Read --operation DescribeConfigs --topic "$table" --topic "$ids"
allow "$exporter" --operation Read --resource-pattern-type prefixed --group "${prefix}prometheus-exporter-"

# npm run redrive, by a person, now and then.
allow "$redrive" --operation Read --topic "$unrecognised" --topic "$ids"
allow "$redrive" --operation Write --topic "$calls" --topic "$voicemails" --topic "$unrecognised" --topic "$ids" \
  --transactional-id "${prefix}redrive"
allow "$redrive" --operation Read --resource-pattern-type prefixed --group "${prefix}redrive-"

# Only while the services create their topics themselves.
if [ "$create" = true ]; then
  allow "$ingress" --operation Create --topic "$calls" --topic "$voicemails" --topic "$unrecognised" --topic "$ids"
  allow "$call_metrics" --operation Create --topic "$calls" --topic "$voicemails" --topic "$table" --topic "$state" --topic "$seen" \
    --topic "$dead" --topic "$ids"
  allow "$exporter" --operation Create --topic "$table" --topic "$ids"
fi
