# Stands in for apache/kafka: the same jars in the same places, entered as that image is.
ARG JAVA
FROM ${JAVA}
RUN useradd --uid 1000 appuser \
 && mkdir -p /opt/kafka/config /etc/kafka/docker /mnt/shared/config /var/lib/kafka/data \
 && chown -R appuser:appuser /opt/kafka/config /var/lib/kafka/data
COPY kafka /opt/kafka/libs
COPY run /etc/kafka/docker/run
USER appuser
VOLUME ["/var/lib/kafka/data"]
EXPOSE 9092
CMD ["/etc/kafka/docker/run"]
