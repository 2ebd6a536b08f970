import type { askRegistry, RegistryAnswer } from '../../shared/avro/registry-request.ts';
import type { WrittenId } from '../../shared/avro/schema-ids/written-id.ts';

/** Asks the registry at a whole address, with its login. */
export type AskRegistry = (address: string, request?: Parameters<typeof askRegistry>[2]) => Promise<RegistryAnswer>;

/** Gives a registry schemas under given ids. `url` is that of its Confluent-compatible API. Throws where it does not take them. */
export type ImportSchemas = (ask: AskRegistry, url: string, missing: readonly WrittenId[]) => Promise<void>;

/** Throws, with what the registry said, unless it agreed. */
export function assertAgreed({ status, body }: RegistryAnswer, what: string): void {
  if (status >= 200 && status < 300) return;
  throw new Error(`The registry does not ${what} (HTTP ${status}): ${body.slice(0, 500)}`);
}
