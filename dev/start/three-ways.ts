/** What to say when there is nothing to run Kafka with: each way with a command to paste. */
export function threeWays(
  java: string | null,
  docker: string | null,
  platform: NodeJS.Platform,
  isRoot: boolean,
): string {
  const sudo = isRoot ? '' : 'sudo ';
  const [getJava, getDocker] =
    platform === 'darwin'
      ? [
          'brew install openjdk@17 maven && export JAVA_HOME="$(brew --prefix openjdk@17)"',
          'brew install --cask docker && open -a Docker',
        ]
      : [
          `${sudo}apt-get update && ${sudo}apt-get install -y openjdk-17-jdk-headless maven`,
          `${sudo}apt-get update && ${sudo}apt-get install -y docker.io docker-compose`,
        ];
  return [
    'Give it one of these three, then run npm start again:',
    '',
    `  1. Java 17 or newer and Maven${because(java)}:`,
    `       ${getJava}`,
    `  2. A Docker engine with compose${because(docker)}:`,
    `       ${getDocker}`,
    '  3. A Kafka and a schema registry that run already:',
    '       KAFKA_BROKERS=127.0.0.1:9092 SCHEMA_REGISTRY_URL=http://127.0.0.1:8085/apis/ccompat/v7 npm start',
  ].join('\n');
}

const because = (problem: string | null): string => (problem === null ? '' : ` (now: ${problem})`);
