import type { askRegistry, RegistryAnswer } from '../../shared/avro/registry-request.ts';
import type { WrittenId } from '../../shared/avro/schema-ids/written-id.ts';

/** Sends a request to the registry at a full URL, with credentials. */
export type AskRegistry = (address: string, request?: Parameters<typeof askRegistry>[2]) => Promise<RegistryAnswer>;

/** Adds schemas to a registry under given ids. `url` is its Confluent-compatible API. Throws if the registry refuses one. */
export type ImportSchemas = (ask: AskRegistry, url: string, missing: readonly WrittenId[]) => Promise<void>;

/** Throws, quoting the registry's answer, unless it succeeded. */
export function assertAccepted({ status, body }: RegistryAnswer, what: string): void {
  if (status >= 200 && status < 300) return;
  throw new Error(`The registry did not ${what} (HTTP ${status}): ${body.slice(0, 500)}`);
}
