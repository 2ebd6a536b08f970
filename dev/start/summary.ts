import { randomUUID } from 'node:crypto';
import type { StartSettings } from './start-settings.ts';

export type SummaryOptions = Readonly<{
  settings: StartSettings;
  brokers: string;
  registryUrl: string;
  webhookToken: string;
  apiToken: string;
  withPrometheus: boolean;
  nowMs: number;
}>;

/** What to do now: every address, a webhook to send, and where it shows. */
export function summary(options: SummaryOptions): string {
  const { settings, brokers, registryUrl, webhookToken, apiToken, withPrometheus, nowMs } = options;
  const at = (port: number, path: string) => `http://127.0.0.1:${port}${path}`;
  const webhooks = at(settings.ingress, '/webhooks/vxt');
  const metrics = at(settings.exporter, '/metrics');
  const callMetrics = at(settings.callMetrics, `/v1/users/${USER}/call-metrics`);
  return [
    `  Webhooks         ${webhooks}`,
    `  Query API        ${at(settings.callMetrics, '/v1/users')}`,
    `  Metrics          ${metrics}`,
    ...(withPrometheus ? [`  Prometheus       ${at(settings.prometheus, '')}`] : []),
    `  Health           ${at(settings.ingressAdmin, '/readyz')}  ${at(settings.callMetricsAdmin, '/readyz')}`,
    `  Kafka            ${brokers}`,
    `  Schema registry  ${registryUrl}`,
    `  Logs and data    ${settings.dataDirectory}`,
    '',
    'Send a webhook; it answers 202. Sent twice, it counts once:',
    '',
    `  curl -i ${webhooks} -H 'Authorization: Bearer ${webhookToken}' -H 'Content-Type: application/json' -d '${JSON.stringify(exampleWebhook(nowMs))}'`,
    '',
    'See it counted:',
    '',
    `  curl -s ${metrics} | grep vxt_calls_total`,
    `  curl -s -H 'Authorization: Bearer ${apiToken}' ${callMetrics}`,
    '',
    'Send many: npm run simulate. Stop: Ctrl-C.',
  ].join('\n');
}

const USER = 'try-it';

/** An answered call of 95 seconds that has just ended; its id is new at every start. */
function exampleWebhook(nowMs: number) {
  const id = randomUUID();
  return {
    event: 'callLog',
    callLog: {
      version: 3,
      id,
      url: `https://app.vxt.co.nz/call/${id}`,
      result: {
        type: 'answered',
        startTimestamp: nowMs - 102_000,
        answerTimestamp: nowMs - 95_000,
        hangupTimestamp: nowMs,
      },
      direction: 'inbound',
      user: { type: 'user', uid: USER, email: 'try-it@example.com' },
      phoneNumberE164: '+6498870000',
      otherParties: [{ type: 'phoneNumber', phoneNumberE164: '+64211234567' }],
    },
  };
}
