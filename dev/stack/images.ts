type Environment = Readonly<Record<string, string | undefined>>;

/** The images of the Docker stack: the published ones, or what KAFKA_IMAGE and SCHEMA_REGISTRY_IMAGE name where those cannot be pulled. */
export const stackImages = (environment: Environment) => ({
  kafka: environment.KAFKA_IMAGE || 'apache/kafka:4.1.1',
  registry: environment.SCHEMA_REGISTRY_IMAGE || 'apicurio/apicurio-registry:3.0.9',
});
