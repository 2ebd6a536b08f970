import java.nio.ByteBuffer;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;

/** Longs as they are. */
public final class TotalsSerde implements Serde<long[]> {
    @Override
    public Serializer<long[]> serializer() {
        return (topic, totals) -> {
            if (totals == null) return null;
            var bytes = ByteBuffer.allocate(totals.length * Long.BYTES);
            bytes.asLongBuffer().put(totals);
            return bytes.array();
        };
    }

    @Override
    public Deserializer<long[]> deserializer() {
        return (topic, bytes) -> {
            if (bytes == null) return null;
            var totals = new long[bytes.length / Long.BYTES];
            ByteBuffer.wrap(bytes).asLongBuffer().get(totals);
            return totals;
        };
    }
}
