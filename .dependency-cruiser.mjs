/**
 * The import rules of services/README.md, each with its reason. `npm run imports` fails the build on the first breach.
 * @type {import('dependency-cruiser').IConfiguration}
 */
const ownedBy = (name, packages, folder) => ({
  name: `${name}-in-its-folder`,
  comment: `${packages} belongs to ${folder}: one place to upgrade it, one place that keeps its rules.`,
  severity: 'error',
  from: { path: '^services/', pathNot: folder },
  to: { path: `^node_modules/(${packages})/` },
});

export default {
  forbidden: [
    {
      name: 'no-cycles',
      comment: 'A cycle has no first file to read: move what both need into a third one.',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'pure-core-has-no-packages',
      comment:
        'domain/ and call-events/ are pure: they import no package and nothing with effects (TypeBox, a value library without effects, is the one exception).',
      severity: 'error',
      from: { path: '^services/(shared/call-events|[^/]+/domain)/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core'], pathNot: 'node_modules/@sinclair/typebox/' },
    },
    {
      name: 'pure-core-stays-pure',
      comment:
        'domain/ and call-events/ may import only each other (and the shape of a metric, two types): whatever reads a clock, a socket or a file is handed in by the shell.',
      severity: 'error',
      from: { path: '^services/(shared/call-events|[^/]+/domain)/' },
      to: {
        path: '^(services|dev|test)/',
        pathNot: ['^services/(shared/call-events|[^/]+/domain)/', '^services/shared/observability/sample\\.ts$'],
      },
    },
    {
      name: 'services-never-import-each-other',
      comment:
        'Services meet in schemas/ and in topics, so that each deploys alone. Code that two need goes to services/shared.',
      severity: 'error',
      from: { path: '^services/([^/]+)/', pathNot: '^services/shared/' },
      to: { path: '^services/', pathNot: ['^services/$1/', '^services/shared/'] },
    },
    {
      name: 'shared-never-imports-a-service',
      comment: 'services/shared is used by the services, never the other way round.',
      severity: 'error',
      from: { path: '^services/shared/' },
      to: { path: '^services/', pathNot: '^services/shared/' },
    },
    {
      name: 'services-never-import-dev-or-test',
      comment: 'What is deployed does not depend on what is not.',
      severity: 'error',
      from: { path: '^services/' },
      to: { path: '^(dev|test|bench)/' },
    },
    {
      name: 'nothing-imports-main',
      comment: 'main.ts reads process.env and exits the process: nothing else may, so nothing may import it.',
      severity: 'error',
      from: {},
      to: { path: '/main\\.ts$' },
    },
    ownedBy('kafkajs', 'kafkajs', '^services/shared/kafka/'),
    ownedBy('codecs', 'lz4-napi|snappy', '^services/shared/kafka/'),
    ownedBy('avro', 'avsc|@kafkajs/confluent-schema-registry', '^services/shared/avro/'),
    ownedBy('express', 'express', '^services/(shared/http/|ingress/http/|[^/]+/app\\.ts$)'),
    ownedBy('metrics-and-logs', 'prom-client|pino|@opentelemetry/api', '^services/shared/observability/'),
    ownedBy('zod', 'zod', '^services/shared/config/'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
