import avro from 'avsc';

/** The parts of avsc 5.7.9 this relies on; its version is pinned, and test/unit/avro/hostile-bytes.test.ts holds it. */
type Tap = { buf: Buffer; pos: number; readLong(): number; readString(): string; skipString(): void };
type Coder = { _read(tap: Tap): unknown; _skip(tap: Tap): void };
type Container = Coder & { itemsType: Coder; valuesType: Coder };
const { ArrayType, MapType } = avro.types as unknown as Record<'ArrayType' | 'MapType', { prototype: Container }>;

/** More than any event has: 3 MiB of JSON, the most a webhook can be set to, hold fewer parties. */
const MAX_ITEMS = 1_000_000;

/** Calls back once for each item of an array or a map. Throws where more are announced than there are bytes, or the bytes have ended. */
function forEachItem(tap: Tap, take: () => void): void {
  let announced = 0;
  for (let count = tap.readLong(); count !== 0; count = tap.readLong()) {
    if (count < 0 && tap.readLong() < 0) throw new RangeError('A block of a negative size');
    announced += Math.abs(count);
    if (announced > Math.min(tap.buf.length, MAX_ITEMS)) throw new RangeError('More items than there can be');
    for (let left = Math.abs(count); left > 0; left -= 1) {
      if (tap.pos > tap.buf.length) throw new RangeError('Cut off');
      take();
    }
  }
}

let bounded = false;

/**
 * Makes avsc read arrays and maps only as far as there are bytes. By itself it believes the number of items that stands before them, and zeros follow the last
 * byte: ten bytes that announce a billion items fill the memory of the process, or hold it for ever where a field is skipped.
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
