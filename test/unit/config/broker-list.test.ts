import { expect, test } from '@jest/globals';
import { brokerAddress } from '../../../services/shared/config/broker-address.ts';
import { kafkaSettings } from '../../../services/shared/config/common-settings.ts';
import { readSettings, SettingsError } from '../../../services/shared/config/settings.ts';

const read = (brokers: string) => readSettings(kafkaSettings, { KAFKA_BROKERS: brokers }).brokers;

function problemOf(brokers: string): string {
  try {
    read(brokers);
  } catch (error) {
    if (error instanceof SettingsError) return error.message;
    throw error;
  }
  return '';
}

test.each([
  ['kafka-1.example.com:9092', 'kafka-1.example.com', 9092],
  ['broker_1:1', 'broker_1', 1],
  ['127.0.0.1:65535', '127.0.0.1', 65_535],
  ['[::1]:9092', '::1', 9092],
  ['[2001:db8::7]:19092', '2001:db8::7', 19_092],
  ['[fe80::1%eth0]:9092', 'fe80::1%eth0', 9092],
  ['bücher.example:9092', 'bücher.example', 9092],
])('When a broker is %s, then its host is %s and its port %i', (broker, host, port) => {
  expect(brokerAddress(broker)).toEqual({ host, port });
  expect(read(` ${broker} , other:9092`)).toEqual([broker, 'other:9092']);
});

test.each([
  ['::1:9092', 'an IPv6 address stands in brackets, as in [::1]:9092'],
  ['2001:db8::7', 'an IPv6 address stands in brackets'],
  ['kafka', 'kafka has no port'],
  ['[::1]', '[::1] has no port'],
  ['[::1]9092', 'has no port'],
  ['[::1', 'has no port'],
  ['[kafka]:9092', 'no IPv6 address in its brackets'],
  ['[]:9092', 'no IPv6 address in its brackets'],
  [':9092', 'no host name or address before its port'],
  ['kafka/x:9092', 'no host name or address before its port'],
  ['kafka :9092', 'no host name or address before its port'],
  ['kafka:', 'a port that is not from 1 to 65535'],
  ['kafka:0', 'a port that is not from 1 to 65535'],
  ['kafka:65536', 'a port that is not from 1 to 65535'],
  ['kafka:9092x', 'a port that is not from 1 to 65535'],
  ['[::1]:99999', 'a port that is not from 1 to 65535'],
  ['PLAINTEXT://kafka:9092', 'begins with PLAINTEXT://, which does not belong there'],
])('When a broker is %s, then the settings are wrong, and they say why: %s', (broker, why) => {
  expect(problemOf(`good:9092,${broker}`)).toContain(why);
  expect(problemOf(`good:9092,${broker}`)).toContain('KAFKA_BROKERS');
});

test('When two brokers are wrong, then both are told', () => {
  expect(problemOf('one,two:0')).toMatch(/one has no port.*two:0 has a port/);
});
