import { createRequire } from 'node:module';
import { registerCodecs } from './codecs.ts';
import { decodeFetchResponse, FETCH_VERSION, type RecordDecoders } from './fetch-response.ts';
import type { Decompress } from './record-batches.ts';

type FetchRequest = Readonly<{ response: Readonly<{ decode: (bytes: Buffer) => Promise<unknown> }> }>;
type Protocol = (options: Readonly<{ version: number }>) => (args: unknown) => FetchRequest;

/** The parts of kafkajs 2.2.4 this relies on; the version is pinned, and test/unit/kafka/fetch-decoder.test.ts compares the two decoders. */
const kafkajs = createRequire(import.meta.url);
const { requests }: { requests: { Fetch: { protocol: Protocol } } } = kafkajs('kafkajs/src/protocol/requests');
const compression: {
  lookupCodecByAttributes: (attributes: number) => Readonly<{ decompress: Decompress }> | null;
} = kafkajs('kafkajs/src/protocol/message/compression');
const Decoder: new (bytes: Buffer) => unknown = kafkajs('kafkajs/src/protocol/decoder');
const decodeMessageSet: (decoder: unknown, size: number) => Promise<readonly unknown[]> = kafkajs(
  'kafkajs/src/protocol/messageSet/decoder',
);

/** The bits of a batch's attributes that name its codec, and the largest of them: zstd. */
const CODEC = 0x7;
const MAX_CODEC = 4;

/** The codecs that kafkajs was taught (see codecs.ts), and its reader of old messages. */
export const fetchDecoders: RecordDecoders = {
  codecOf: (attributes) => {
    const number = attributes & CODEC;
    if (number > MAX_CODEC) throw new Error(`Kafka has no codec ${number}`);
    const codec = compression.lookupCodecByAttributes(attributes);
    return codec === null ? null : (bytes) => codec.decompress(bytes);
  },
  decodeMessageSet: (bytes) => decodeMessageSet(new Decoder(bytes), bytes.length),
};

let used = false;

/**
 * Makes every consumer of this process decode what it fetched with fetch-response.ts, which takes a tenth of kafkajs's time for records with headers
 * (bench/README.md). kafkajs looks its decoder up anew for each connection, in an object that can be changed; it offers no better way.
 */
export function useOwnFetchDecoder(): void {
  if (used) return;
  used = true;
  registerCodecs();
  const { protocol } = requests.Fetch;
  const own: Protocol = (options) => {
    const request = protocol(options);
    if (options.version !== FETCH_VERSION) return request;
    return (args) => {
      const asked = request(args);
      return {
        ...asked,
        response: { ...asked.response, decode: (bytes) => decodeFetchResponse(bytes, fetchDecoders) },
      };
    };
  };
  requests.Fetch = { ...requests.Fetch, protocol: own };
}
