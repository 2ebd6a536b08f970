# Stands in for prom/prometheus: Debian’s build of it.
ARG DEBIAN
FROM ${DEBIAN}
COPY prometheus promtool /bin/
RUN mkdir -p /prometheus /etc/prometheus && chown 65534:65534 /prometheus
USER 65534
WORKDIR /prometheus
EXPOSE 9090
ENTRYPOINT ["/bin/prometheus"]
