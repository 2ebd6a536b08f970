import { spawn } from 'node:child_process';
import { appendFileSync, existsSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { Value } from '@sinclair/typebox/value';
import { identify, isAlive } from '../../../dev/stack/process-identity.ts';
import { waitUntil } from '../../../dev/stack/wait-until.ts';
import { followErrors } from '../../../dev/start/follow-errors.ts';
import { createLedger } from '../../../dev/start/ledger.ts';
import { prometheusConfig } from '../../../dev/start/prometheus-process.ts';
import { portProblems, portsToUse, readStartSettings } from '../../../dev/start/start-settings.ts';
import { summary } from '../../../dev/start/summary.ts';
import { token, tokenFile } from '../../../dev/start/tokens.ts';
import { webhookPayloads } from '../../../services/shared/call-events/webhook-payload.ts';

const everything = { stack: true, prometheus: true };
let directory = '';
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'vxt-start-unit-'));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

test('When no token is given, then one is generated, kept for its owner only, and the same at the next start', () => {
  const first = token('VXT_WEBHOOK_TOKENS', {}, directory);
  expect(first.token.length).toBeGreaterThanOrEqual(16);
  expect(first.variables).toEqual({ VXT_WEBHOOK_TOKENS: first.token });
  expect(statSync(tokenFile(directory, 'VXT_WEBHOOK_TOKENS')).mode & 0o777).toBe(0o600);
  expect(token('VXT_WEBHOOK_TOKENS', {}, directory)).toEqual(first);
  expect(token('CALL_METRICS_API_TOKENS', {}, directory).token).not.toBe(first.token);
});

test('When tokens are given, in a variable or a file, then the first is shown and nothing is generated', () => {
  expect(token('VXT_WEBHOOK_TOKENS', { VXT_WEBHOOK_TOKENS: ' one ,two' }, directory)).toEqual({
    token: 'one',
    variables: {},
  });
  const file = join(directory, 'list');
  writeFileSync(file, 'three\nfour\n');
  expect(token('VXT_WEBHOOK_TOKENS', { VXT_WEBHOOK_TOKENS_FILE: file }, directory).token).toBe('three');
});

test('When ports are taken, then each is said with the variable that changes it', () => {
  const uses = portsToUse(readStartSettings({ KAFKA_PORT: '9999' }), everything);
  expect(portProblems(uses, new Set())).toEqual([]);
  expect(portProblems(uses, new Set([9999, 8081]))).toEqual([
    'Port 9999 for Kafka is in use: free it, or choose another, such as KAFKA_PORT=19999 npm start',
    'Port 8081 for call-metrics is in use: free it, or choose another, such as CALL_METRICS_PORT=18081 npm start',
  ]);
});

test('When two things shall use one port, then both variables are said', () => {
  expect(portProblems(portsToUse(readStartSettings({ EXPORTER_PORT: '8080' }), everything), new Set())).toEqual([
    'Port 8080 is meant for both ingress and prometheus-exporter: change INGRESS_PORT or EXPORTER_PORT.',
  ]);
});

test('When something is not started here, then its ports are not looked at', () => {
  const variables = (started: Parameters<typeof portsToUse>[1]) =>
    portsToUse(readStartSettings({}), started).map(({ variable }) => variable);
  const [stack, prometheus] = [['KAFKA_PORT', 'SCHEMA_REGISTRY_PORT'], ['PROMETHEUS_PORT']];
  expect(variables(everything)).toEqual(expect.arrayContaining([...stack, ...prometheus]));
  const without = (names: readonly string[]) => variables(everything).filter((one) => !names.includes(one));
  expect(variables({ stack: false, prometheus: true })).toEqual(without(stack));
  expect(variables({ stack: true, prometheus: false })).toEqual(without(prometheus));
});

test('When Prometheus is configured, then it scrapes this start’s ports, and its rules are files that are there', () => {
  const { rule_files, scrape_configs } = prometheusConfig(
    readStartSettings({ EXPORTER_PORT: '1', INGRESS_ADMIN_PORT: '2', CALL_METRICS_ADMIN_PORT: '3' }),
  );
  const of = (job_name: string, port: number) => ({ job_name, static_configs: [{ targets: [`127.0.0.1:${port}`] }] });
  expect(scrape_configs).toEqual([of('vxt-prometheus-exporter', 1), of('vxt-ingress', 2), of('vxt-call-metrics', 3)]);
  expect(rule_files.length).toBeGreaterThan(0);
  expect(rule_files.filter((file) => !existsSync(file))).toEqual([]);
});

test('When the summary is printed, then its curl carries the token and a webhook that the contract allows', () => {
  const text = summary({
    settings: readStartSettings({}),
    brokers: '127.0.0.1:9092',
    registryUrl: 'http://127.0.0.1:8085/apis/ccompat/v7',
    webhookToken: 'webhook-token-of-this-test',
    apiToken: 'api-token-of-this-test',
    withPrometheus: true,
    nowMs: 1_795_000_000_000,
  });
  expect(text).toContain("-H 'Authorization: Bearer webhook-token-of-this-test'");
  expect(text).toContain("-H 'Authorization: Bearer api-token-of-this-test'");
  const [, body = ''] = /-d '(.*)'/.exec(text) ?? [];
  expect(Value.Check(webhookPayloads.callLog, JSON.parse(body))).toBe(true);
});

test('When a start was killed, then the next one ends what it left, last started first', async () => {
  const left = ['one', 'two'].map((name) => ({ name, child: spawn('sleep', ['60'], { stdio: 'ignore' }) }));
  const servers = left.map(({ name, child }) => ({ name, ...identify(child.pid ?? 0) }));
  const gone = { pid: process.pid, startedAt: 'before this process' };
  const entry = { launcher: gone, npm: null, servers: [...servers, { name: 'reused', ...gone }], containers: true };
  writeFileSync(join(directory, 'processes.json'), JSON.stringify(entry));
  const recovery = await createLedger(directory, null).recover();
  expect(recovery).toEqual({ busy: null, cleaned: ['two', 'one'], containers: true });
  for (const { child } of left) expect(identify(child.pid ?? 0)).toBeNull();
});

test('When a start is running, then the next one says so and ends nothing', async () => {
  const ledger = createLedger(directory, null);
  const child = spawn('sleep', ['60'], { stdio: 'ignore' });
  const identity = identify(child.pid ?? 0);
  if (identity === null) throw new Error('sleep did not start');
  ledger.open(false);
  ledger.add('one', identity);
  expect(await createLedger(directory, null).recover()).toMatchObject({ busy: process.pid });
  expect(isAlive(identity)).toBe(true);
  child.kill('SIGKILL');
  ledger.close();
  expect(await createLedger(directory, null).recover()).toEqual({ busy: null, cleaned: [], containers: false });
});

test('When a service logs an error, then it is told once; other lines are not', async () => {
  const file = join(directory, 'service.log');
  writeFileSync(file, '{"level":"error","event":"old"}\n');
  const said: string[] = [];
  const unfollow = followErrors(file, (error) => said.push(error));
  appendFileSync(
    file,
    '{"level":"info","event":"fine"}\n{"level":"error","event":"lane-lost","problem":"Kafka is away"}\n',
  );
  expect(await waitUntil(() => said.length > 0, 5_000)).toBe(true);
  unfollow();
  expect(said).toEqual(['lane-lost: Kafka is away']);
});
