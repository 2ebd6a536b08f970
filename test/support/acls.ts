import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type AclEntry,
  AclOperationTypes,
  AclPermissionTypes,
  AclResourceTypes,
  type Admin,
  ResourcePatternTypes,
} from 'kafkajs';

const script = join(import.meta.dirname, '../../deploy/kafka/acls.sh');

/** One right, as people name it. */
export type Right = Readonly<{
  principal: string;
  operation: keyof typeof AclOperationTypes;
  resource: 'Topic' | 'Group' | 'TransactionalId';
  pattern: 'Literal' | 'Prefixed';
  name: string;
}>;

/**
 * The rights that deploy/kafka/acls.sh gives, from the calls of kafka-acls.sh it makes: each argument is read as that program reads it. (The soak runs the
 * program itself, which takes seconds a call.)
 */
export function rightsOfScript(environment: Readonly<Record<string, string>>): readonly Right[] {
  const directory = mkdtempSync(join(tmpdir(), 'vxt-acls-'));
  try {
    const recorder = '#!/bin/sh\nprintf "%s\\n" "$@" "" >> "$CALLS"\n';
    writeFileSync(join(directory, 'kafka-acls.sh'), recorder, { mode: 0o755 });
    const calls = join(directory, 'calls');
    const PATH = `${directory}:${process.env.PATH}`;
    execFileSync(script, { env: { PATH, CALLS: calls, KAFKA_BROKERS: 'kafka:9093', ...environment } });
    return readFileSync(calls, 'utf8')
      .trimEnd()
      .split('\n\n')
      .flatMap((call) => rightsOfCall(call.split('\n')));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

const operations: Readonly<Record<string, Right['operation']>> = {
  Read: 'READ',
  Write: 'WRITE',
  Create: 'CREATE',
  Delete: 'DELETE',
  DescribeConfigs: 'DESCRIBE_CONFIGS',
};
const resources: Readonly<Record<string, Right['resource']>> = {
  '--topic': 'Topic',
  '--group': 'Group',
  '--transactional-id': 'TransactionalId',
};

function rightsOfCall(args: readonly string[]): readonly Right[] {
  const given = (option: string) => args.flatMap((arg, index) => (arg === option ? [args[index + 1] ?? ''] : []));
  const [principal = ''] = given('--allow-principal');
  const pattern = given('--resource-pattern-type')[0] === 'prefixed' ? 'Prefixed' : 'Literal';
  return given('--operation').flatMap((said) => {
    const operation = operations[said];
    if (operation === undefined) throw new Error(`${script} gives the operation ${said}, which is not known here`);
    return Object.entries(resources).flatMap(([option, resource]) =>
      given(option).map((name) => ({ principal, operation, resource, pattern, name }) as const),
    );
  });
}

/** `DescribeConfigs`, as Kafka's programs have it. */
export const operationInWords = ({ operation }: Pick<Right, 'operation'>): string =>
  Object.entries(operations).find(([, known]) => known === operation)?.[0] ?? operation;

/** `Write on Topic vxt.call-logs`, as the services' errors say it. */
export const inWords = (right: Right): string =>
  `${operationInWords(right)} on ${right.resource} ${right.name}${right.pattern === 'Prefixed' ? '*' : ''}`;

const entryOf = ({ principal, operation, resource, pattern, name }: Right): AclEntry => ({
  principal,
  host: '*',
  operation: AclOperationTypes[operation],
  permissionType: AclPermissionTypes.ALLOW,
  resourceType: {
    Topic: AclResourceTypes.TOPIC,
    Group: AclResourceTypes.GROUP,
    TransactionalId: AclResourceTypes.TRANSACTIONAL_ID,
  }[resource],
  resourceName: name,
  resourcePatternType: pattern === 'Prefixed' ? ResourcePatternTypes.PREFIXED : ResourcePatternTypes.LITERAL,
});

/** Gives the rights. Kafka has them once it answers. */
export async function grant(admin: Admin, rights: readonly Right[]): Promise<void> {
  await admin.createAcls({ acl: rights.map(entryOf) });
}

/** Takes the rights away. */
export async function revoke(admin: Admin, rights: readonly Right[]): Promise<void> {
  await admin.deleteAcls({ filters: rights.map(entryOf) });
}
