# Stands in for apicurio/apicurio-registry: the published program on Debian’s Java 17.
ARG JAVA
FROM ${JAVA}
WORKDIR /opt/registry
COPY registry .
USER 1000
EXPOSE 8080
CMD ["bash", "-c", "exec java -Xmx256m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -Dquarkus.http.host=0.0.0.0 -Dquarkus.log.level=WARN -jar apicurio-registry-app-*-runner.jar"]
