import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from '@jest/globals';
import { aclTable } from '../support/acl-table.ts';
import { rightsOfScript } from '../support/acls.ts';

const readme = readFileSync(join(import.meta.dirname, '../../deploy/kafka/README.md'), 'utf8');

test('When acls.sh gives a right, then the README beside it lists it, and no other', () => {
  const rows = readme.split('\n').filter((line) => line.startsWith('| vxt-'));
  expect(rows).toEqual(aclTable(rightsOfScript({})));
});

test('When the topics are there, then nobody may create one', () => {
  const operations = rightsOfScript({ KAFKA_CREATE_TOPICS: 'false' }).map(({ operation }) => operation);
  expect(new Set(operations)).toEqual(new Set(['READ', 'WRITE', 'DELETE', 'DESCRIBE_CONFIGS']));
});

test('When a prefix or a principal is told, then every right is under it', () => {
  const rights = rightsOfScript({ KAFKA_TOPIC_PREFIX: 'a.', INGRESS: 'User:CN=one' });
  expect(rights.every(({ name }) => name.startsWith('a.'))).toBe(true);
  expect(rights.filter(({ principal }) => principal === 'User:CN=one').length).toBeGreaterThan(0);
  expect(rights.filter(({ principal }) => principal === 'User:vxt-ingress')).toEqual([]);
});
