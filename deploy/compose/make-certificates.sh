#!/bin/bash
# Runs once, in Kafka's image (it has keytool): an authority, certificates for Kafka and the registry, and passwords. Each reader has a volume of its own below
# /made with nothing but what it needs. What is there already is kept, so that a restart changes no password; `down -v` forgets all.
set -euo pipefail
if [ $# -gt 0 ]; then
  echo "Usage: make-certificates.sh makes the certificates and passwords of secure.yml, in its container. It takes no arguments."
  [ "$1" = --help ] && exit 0
  exit 2
fi
umask 077
[ -f /made/services/ca.pem ] && exit 0

days=3650
cd "$(mktemp -d)"
random() { od -An -N24 -tx1 /dev/urandom | tr -d ' \n'; }
authority="$(random)" store="$(random)" broker="$(random)" services="$(random)"

keytool -genkeypair -alias ca -keystore ca.p12 -storepass "$authority" -keyalg EC -groupname secp256r1 -validity "$days" \
  -dname 'CN=vxt-call-events compose' -ext bc:critical=ca:true,pathlen:0 -ext ku:critical=keyCertSign
keytool -exportcert -rfc -alias ca -keystore ca.p12 -storepass "$authority" -file ca.pem

# signed <host>: <host>.p12 with a key and a certificate for that host and for localhost.
signed() {
  keytool -genkeypair -alias "$1" -keystore "$1.p12" -storepass "$store" -keyalg EC -groupname secp256r1 -validity "$days" -dname "CN=$1"
  keytool -certreq -alias "$1" -keystore "$1.p12" -storepass "$store" |
    keytool -gencert -alias ca -keystore ca.p12 -storepass "$authority" -validity "$days" -rfc \
      -ext "san=dns:$1,dns:localhost,ip:127.0.0.1" -ext eku=serverAuth >"$1.pem"
  keytool -importcert -noprompt -alias ca -keystore "$1.p12" -storepass "$store" -file ca.pem
  keytool -importcert -alias "$1" -keystore "$1.p12" -storepass "$store" -file "$1.pem"
}
signed kafka
signed schema-registry

mv kafka.p12 /made/kafka/
echo "store=$store" >/made/kafka/passwords.properties
cat >/made/kafka/jaas.conf <<JAAS
KafkaServer {
  org.apache.kafka.common.security.plain.PlainLoginModule required
  username="broker" password="$broker"
  user_broker="$broker" user_vxt="$services";
};
JAAS
mv schema-registry.p12 /made/registry/
cat >/made/registry/application.properties <<PROPERTIES
quarkus.http.ssl.certificate.key-store-file=/run/secrets/vxt/schema-registry.p12
quarkus.http.ssl.certificate.key-store-password=$store
PROPERTIES
printf '%s\n' "$services" >/made/services/kafka-password
# Their images' users.
chown -R 1000:1000 /made/kafka
chown -R 10001:10001 /made/services
# Last, as the sign that all is there.
install -m 400 -o 10001 -g 10001 ca.pem /made/services/ca.pem
echo 'Made an authority, certificates for Kafka and the registry, and passwords.'
