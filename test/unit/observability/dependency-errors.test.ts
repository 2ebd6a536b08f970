import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, test } from '@jest/globals';
import { connectRegistry } from '../../../services/shared/avro/registry.ts';
import { kafkaSettings } from '../../../services/shared/config/common-settings.ts';
import { type Environment, readSettings } from '../../../services/shared/config/settings.ts';
import { createKafka } from '../../../services/shared/kafka/connection.ts';
import { countKafkaErrors, countRegistryErrors } from '../../../services/shared/observability/dependency-errors.ts';
import { createLogger } from '../../../services/shared/observability/logger.ts';
import { Registry } from '../../../services/shared/observability/prometheus.ts';
import { freePort } from '../../support/service-process.ts';

const totalOf = async (registry: Registry, name: string): Promise<number> =>
  Number(new RegExp(`^${name} (\\d+)$`, 'm').exec(await registry.metrics())?.[1]);

test('When a broker cannot be reached, or cuts the connection, then it is counted', async () => {
  const registry = new Registry();
  const onProblem = countKafkaErrors(registry);
  expect(await totalOf(registry, 'vxt_kafka_errors_total')).toBe(0);
  const connect = async (port: number): Promise<void> => {
    const environment: Environment = { KAFKA_BROKERS: `127.0.0.1:${port}` };
    const retry = { retries: 0 };
    const logger = createLogger('test', 'silent');
    const admin = createKafka(readSettings(kafkaSettings, environment), 'test', logger, { onProblem, retry }).admin();
    await expect(admin.connect()).rejects.toThrow();
  };
  await connect(await freePort());
  const afterRefusal = await totalOf(registry, 'vxt_kafka_errors_total');
  expect(afterRefusal).toBeGreaterThan(0);

  const server = createServer((socket) => socket.on('data', () => socket.destroy())).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('No port');
  await connect(address.port);
  server.close();
  expect(await totalOf(registry, 'vxt_kafka_errors_total')).toBeGreaterThan(afterRefusal);
});

test('When the schema registry is away, then each request that failed is counted', async () => {
  const registry = new Registry();
  const onError = countRegistryErrors(registry);
  const url = `http://127.0.0.1:${await freePort()}`;
  const schemas = connectRegistry({ url, username: null, password: null }, onError);
  expect(await totalOf(registry, 'vxt_schema_registry_errors_total')).toBe(0);
  await expect(schemas.schemaById(1)).rejects.toThrow('SCHEMA_REGISTRY_URL');
  await expect(schemas.schemaById(2)).rejects.toThrow('SCHEMA_REGISTRY_URL');
  expect(await totalOf(registry, 'vxt_schema_registry_errors_total')).toBe(2);
});
