import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { aclTable } from '../support/acl-table.ts';
import { rightsOfScript } from '../support/acls.ts';

const readme = readFileSync(join(import.meta.dirname, '../../deploy/kafka/README.md'), 'utf8');

test('When acls.sh grants rights, then the README next to it lists exactly these', () => {
  const rows = readme.split('\n').filter((line) => line.startsWith('| vxt-'));
  expect(rows).toEqual(aclTable(rightsOfScript({})));
});

test('When the topics exist, then nobody may create one', () => {
  const operations = rightsOfScript({ KAFKA_CREATE_TOPICS: 'false' }).map(({ operation }) => operation);
  expect(new Set(operations)).toEqual(new Set(['READ', 'WRITE', 'DELETE', 'DESCRIBE_CONFIGS']));
});

test('When a prefix or a principal is given, then every right uses it', () => {
  const rights = rightsOfScript({ KAFKA_TOPIC_PREFIX: 'a.', INGRESS: 'User:CN=one' });
  expect(rights.every(({ name }) => name.startsWith('a.'))).toBe(true);
  expect(rights.filter(({ principal }) => principal === 'User:CN=one').length).toBeGreaterThan(0);
  expect(rights.filter(({ principal }) => principal === 'User:vxt-ingress')).toEqual([]);
});
