import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, ResourcePatternTypes } from 'kafkajs';
import { type AclStack, startAclStack } from '../support/acl-stack.ts';
import { inWords, rightsOfScript } from '../support/acls.ts';
import { keyStore } from '../support/certificates.ts';
import { eventually } from '../support/eventually.ts';
import { type SecureKafka, secureKafkaProblem, startSecureKafka } from '../support/secure-kafka.ts';
import { callWebhook } from '../support/webhooks.ts';

const onJava = secureKafkaProblem() === null ? describe : describe.skip;
const prefix = 'each.';
const rights = rightsOfScript({ KAFKA_TOPIC_PREFIX: prefix, KAFKA_CREATE_TOPICS: 'false' });

onJava('Rights of deploy/kafka/acls.sh', () => {
  let kafka: SecureKafka;
  let stack: AclStack;
  beforeAll(async () => {
    kafka = await startSecureKafka();
    stack = await startAclStack(kafka, prefix, false);
    const producer = kafka.client('admin').producer();
    await producer.connect();
    const messages = [{ value: callWebhook('not-recognised'), headers: { reason: 'of an older parser' } }];
    await producer.send({ topic: `${prefix}unrecognised-webhooks`, messages });
    await producer.disconnect();
  }, 120_000);
  afterAll(async () => {
    await stack?.stop();
    await kafka?.stop();
  });

  test.each(
    rights
      // Seen ids are cut only once they are days old; the security tests show that nobody else may.
      .filter(({ operation }) => operation !== 'DELETE')
      .map((right) => [right.principal.replace('User:vxt-', ''), inWords(right), right] as const),
  )('When %s lacks %s, then its error names that right', async (_service, _words, right) => {
    await stack.saysWhatIsMissing(right);
  });

  describe('of services that create their topics', () => {
    const choice = { KAFKA_TOPIC_PREFIX: 'new.', KAFKA_CREATE_TOPICS: 'true' };
    let creating: AclStack;
    beforeAll(async () => {
      creating = await startAclStack(kafka, choice.KAFKA_TOPIC_PREFIX, true);
    });
    afterAll(async () => {
      await creating?.stop();
    });

    test.each(
      rightsOfScript(choice)
        .filter(({ operation }) => operation === 'CREATE')
        .map((right) => [right.principal.replace('User:vxt-', ''), inWords(right), right] as const),
    )('When %s lacks %s and the topic is missing, then its error names that right', async (_service, _words, right) => {
      const found = await creating.admin.listTopics();
      if (found.includes(right.name)) {
        await creating.admin.deleteTopics({ topics: [right.name] });
        await eventually(async () => !(await creating.admin.listTopics()).includes(right.name));
      }
      await creating.saysWhatIsMissing(right);
    });
  });

  test('When Kafka’s own kafka-acls.sh runs the script, then the broker has the same rights as in these tests', async () => {
    const { admin } = stack;
    const environment = { KAFKA_TOPIC_PREFIX: 'script.', KAFKA_CREATE_TOPICS: 'true' };
    const directory = join(kafka.directory, 'bin');
    mkdirSync(directory);
    const java = `'${kafka.java}' -Xmx128m -XX:TieredStopAtLevel=1 -cp '${kafka.classPath}' org.apache.kafka.tools.AclCommand`;
    writeFileSync(join(directory, 'kafka-acls.sh'), `#!/bin/sh\nexec ${java} "$@"\n`, { mode: 0o755 });
    const config = {
      'security.protocol': 'SSL',
      'ssl.keystore.type': 'PEM',
      'ssl.keystore.location': keyStore(kafka.certificates.admin, join(kafka.directory, 'admin.pem')),
      'ssl.truststore.type': 'PEM',
      'ssl.truststore.location': kafka.authority.caFile,
    };
    const configFile = join(kafka.directory, 'admin.properties');
    writeFileSync(
      configFile,
      Object.entries(config)
        .map((entry) => entry.join('='))
        .join('\n'),
    );
    execFileSync(join(import.meta.dirname, '../../deploy/kafka/acls.sh'), {
      env: {
        PATH: `${directory}:${process.env.PATH}`,
        KAFKA_BROKERS: `127.0.0.1:${kafka.ports.mtls}`,
        COMMAND_CONFIG: configFile,
        ...environment,
      },
    });
    const { resources } = await admin.describeAcls({
      resourceType: AclResourceTypes.ANY,
      host: '*',
      permissionType: AclPermissionTypes.ALLOW,
      operation: AclOperationTypes.ANY,
      resourcePatternType: ResourcePatternTypes.ANY,
    });
    const resourceNames = {
      [AclResourceTypes.TOPIC]: 'Topic',
      [AclResourceTypes.GROUP]: 'Group',
      [AclResourceTypes.TRANSACTIONAL_ID]: 'TransactionalId',
    };
    const found = resources.flatMap(({ resourceType, resourceName: name, resourcePatternType, acls }) =>
      acls.map(({ principal, operation }) => ({
        principal,
        operation: Object.entries(AclOperationTypes).find(([, code]) => code === operation)?.[0],
        resource: resourceNames[resourceType as keyof typeof resourceNames],
        pattern: resourcePatternType === ResourcePatternTypes.PREFIXED ? 'Prefixed' : 'Literal',
        name,
      })),
    );
    const inOrder = (list: readonly object[]) => list.map((one) => JSON.stringify(one, Object.keys(one).sort())).sort();
    expect(inOrder(found.filter(({ name }) => name.startsWith('script.')))).toEqual(
      inOrder(rightsOfScript(environment)),
    );
  }, 240_000);
});
