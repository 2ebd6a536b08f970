/**
 * `node deploy/grafana/check-queries/main.ts [http://127.0.0.1:9090]`: runs every query of every panel and rule against a Prometheus
 * that scrapes the services, and fails if one is refused or returns nothing.
 */
import { Command } from 'commander';
import { checkQueries } from '../check-queries.ts';

const [url = '']: readonly string[] = new Command('node deploy/grafana/check-queries/main.ts')
  .description(
    'Runs every query of every panel and rule against a Prometheus, and fails if one is refused or returns nothing.',
  )
  .argument('[url]', 'the Prometheus, which scrapes the services', 'http://127.0.0.1:9090')
  .parse().processedArgs;
const checked = await checkQueries(url);
const problems = checked.filter(({ problem }) => problem !== null);
for (const { where, query, problem } of problems) console.error(`${where}: ${problem}\n  ${query}`);
console.log(`${checked.length} queries of panels and rules, ${problems.length} with a problem`);
process.exitCode = problems.length === 0 ? 0 : 1;
