import avro from 'avsc';

/** The internals of avsc 5.7.9 that this relies on. Its version is pinned, and test/unit/shared/avro/hostile-bytes.test.ts fails if they change. */
type Tap = { buf: Buffer; pos: number; readLong(): number; readString(): string; skipString(): void };
type Coder = { _read(tap: Tap): unknown; _skip(tap: Tap): void };
type Container = Coder & { itemsType: Coder; valuesType: Coder };
const { ArrayType, MapType } = avro.types as unknown as Record<'ArrayType' | 'MapType', { prototype: Container }>;

/** More than any event has: even 3 MiB of JSON, the largest body that can be configured, has room for fewer parties. */
const MAX_ITEMS = 1_000_000;

/** Calls `take` once for each item of an array or a map. Throws if the data claims more items than it has bytes, or ends early. */
function forEachItem(tap: Tap, take: () => void): void {
  let claimed = 0;
  for (let count = tap.readLong(); count !== 0; count = tap.readLong()) {
    if (count < 0 && tap.readLong() < 0) throw new RangeError('A block of a negative size');
    claimed += Math.abs(count);
    if (claimed > Math.min(tap.buf.length, MAX_ITEMS)) throw new RangeError('More items than there can be');
    for (let left = Math.abs(count); left > 0; left -= 1) {
      if (tap.pos > tap.buf.length) throw new RangeError('Cut off');
      take();
    }
  }
}

let bounded = false;

/**
 * Makes avsc stop reading arrays and maps at the end of the bytes. Left alone, it believes the item count in the data and reads zeros past the last byte, so ten
 * bytes that claim a billion items fill the memory of the process, or block it when the field is skipped.
 */
export function boundItems(): void {
  if (bounded) return;
  bounded = true;
  ArrayType.prototype._read = function read(this: Container, tap: Tap) {
    const items: unknown[] = [];
    forEachItem(tap, () => items.push(this.itemsType._read(tap)));
    return items;
  };
  ArrayType.prototype._skip = function skip(this: Container, tap: Tap) {
    forEachItem(tap, () => this.itemsType._skip(tap));
  };
  MapType.prototype._read = function read(this: Container, tap: Tap) {
    const values: Record<string, unknown> = {};
    forEachItem(tap, () => {
      const key = tap.readString();
      values[key] = this.valuesType._read(tap);
    });
    return values;
  };
  MapType.prototype._skip = function skip(this: Container, tap: Tap) {
    forEachItem(tap, () => {
      tap.skipString();
      this.valuesType._skip(tap);
    });
  };
}
