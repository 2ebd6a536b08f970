import type { ProducerSlot } from './producer-slot.ts';

/** Whether a broker takes the connection of a lane. */
export type LaneConnection = Readonly<{
  /** Makes one attempt to connect a producer. */
  connect: () => Promise<void>;
  /** Whether the last attempt failed. */
  isDown: () => boolean;
  /** Whether the lane has ever connected and the last attempt succeeded: a producer that is being replaced is no outage. */
  isUp: () => boolean;
  /** Resolves once the lane has connected its first producer. */
  connected: Promise<void>;
}>;

/** `onFailed` is called for each failed attempt; `isFirst` for the first of several in a row. */
export function createLaneConnection(
  slot: Pick<ProducerSlot, 'connect'>,
  onFailed: (failure: unknown, isFirst: boolean) => void,
): LaneConnection {
  const connected = Promise.withResolvers<void>();
  let isDown = false;
  let wasConnected = false;
  return {
    connect: async () => {
      const failure = await slot.connect();
      if (failure === null) {
        isDown = false;
        wasConnected = true;
        connected.resolve();
        return;
      }
      const isFirst = !isDown;
      isDown = true;
      onFailed(failure, isFirst);
    },
    isDown: () => isDown,
    isUp: () => wasConnected && !isDown,
    connected: connected.promise,
  };
}
