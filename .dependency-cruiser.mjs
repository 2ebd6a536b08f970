/**
 * The import rules of services/README.md, each with its reason. `npm run check:imports` fails the build on the first breach.
 * @type {import('dependency-cruiser').IConfiguration}
 */
const ownedBy = (name, packages, folder) => ({
  name: `${name}-in-its-folder`,
  comment: `${packages} belongs to ${folder}: one place to upgrade it, one place that keeps its rules.`,
  severity: 'error',
  from: { path: '^services/', pathNot: folder },
  to: { path: `(^|/)node_modules/(@types/)?(${packages})/` },
});

/** Files that Node, Jest, Stryker or another process starts by path, so that no import leads to them. */
const entryPoints = [
  '/main\\.ts$',
  '\\.test\\.ts$',
  '\\.d\\.ts$',
  '^[^/]*\\.(ts|mjs)$',
  // Passed to Node with --import.
  '^test/support/shims/',
  // Named in jest.config.ts.
  '^test/support/(global-setup\\.ts|global-teardown\\.ts|strip-types\\.cjs|summary-reporter\\.cjs)$',
  // Programs of their own: `npm run bench:*`, and the server that a benchmark starts in another process.
  '^bench/projection/(memory|restore|server)\\.ts$',
];

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
      name: 'no-orphans',
      comment: 'Nothing imports this file and nothing starts it: delete it, or list it as an entry point.',
      severity: 'error',
      from: {},
      module: { pathNot: ['node_modules', ...entryPoints], numberOfDependentsLessThan: 1 },
    },
    {
      name: 'services-are-reachable-from-a-main',
      comment: 'Code that only tests reach does not run in production: delete it, or move it to test/support/.',
      severity: 'error',
      from: { path: '^(services|dev|tools|bench|deploy)/.*main\\.ts$' },
      to: { path: '^services/', pathNot: ['/main\\.ts$', '\\.d\\.ts$'], reachable: false },
    },
    {
      name: 'no-unresolvable-imports',
      comment: 'An import that leads nowhere fails when the process starts, and no other rule here can judge it.',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
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
        path: '^(services|dev|test|bench|tools|deploy)/',
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
      name: 'services-import-only-services',
      comment: 'An image contains services/ and no other folder of code.',
      severity: 'error',
      from: { path: '^services/' },
      to: { path: '^(dev|test|bench|tools|deploy)/' },
    },
    {
      name: 'services-need-no-dev-dependencies',
      comment: 'An image is installed without devDependencies: move the package to dependencies.',
      severity: 'error',
      from: { path: '^(services|deploy)/' },
      to: { dependencyTypes: ['npm-dev'], dependencyTypesNot: ['npm', 'type-only'] },
    },
    {
      name: 'deploy-imports-nothing-of-ours',
      comment: 'A health check that runs in every container depends on no service that it judges.',
      severity: 'error',
      from: { path: '^deploy/' },
      to: { path: '^(services|dev|test|bench|tools)/' },
    },
    {
      name: 'only-tests-and-benchmarks-import-test',
      comment: 'dev/ and tools/ are used without running a test, and do not depend on how tests are written.',
      severity: 'error',
      from: { pathNot: '^(test|bench)/' },
      to: { path: '^test/' },
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
    ownedBy(
      'express',
      'express',
      '^services/(shared/http/|ingress/http/|prometheus-exporter/app\\.ts$|call-metrics/query-api/)',
    ),
    ownedBy('metrics-and-logs', 'prom-client|pino|@opentelemetry/api', '^services/shared/observability/'),
    ownedBy('zod', 'zod', '^services/shared/config/'),
    ownedBy('zip', 'fflate', '^services/vxt-events/registry/'),
    ownedBy('command-lines', 'commander|cli-progress', '(/main|/rebuild/progress-bar)\\.ts$'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'types', 'node', 'default'] },
  },
};
