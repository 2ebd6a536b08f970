import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.kafka.common.utils.Bytes;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Decode, dedupe by id and content, add to the lifetime and to the day. */
final class Fold implements Processor<byte[], byte[], Void, Void> {
    static final String SEEN = "seen";
    static final String TOTALS = "totals";
    static final String LIFETIME = "/lifetime";
    private static final int WIRE_HEADER_BYTES = 5;

    private final GenericDatumReader<GenericRecord> reader;
    private final AtomicLong folded;
    private final MessageDigest sha256;
    private BinaryDecoder decoder;
    private GenericRecord reused;
    private KeyValueStore<Bytes, byte[]> seen;
    private KeyValueStore<String, long[]> totals;

    Fold(Schema schema, AtomicLong folded) {
        this.reader = new GenericDatumReader<>(schema);
        this.folded = folded;
        try {
            this.sha256 = MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException(impossible);
        }
    }

    @Override
    public void init(ProcessorContext<Void, Void> context) {
        seen = context.getStateStore(SEEN);
        totals = context.getStateStore(TOTALS);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        var value = record.value();
        try {
            decoder = DecoderFactory.get().binaryDecoder(value, WIRE_HEADER_BYTES, value.length - WIRE_HEADER_BYTES, decoder);
            reused = reader.read(reused, decoder);
        } catch (IOException undecodable) {
            throw new UncheckedIOException(undecodable);
        }
        if (isNew(reused.get("id").toString(), value, record.timestamp())) add(reused);
        folded.incrementAndGet();
    }

    /** 16 bytes of the id's digest; its content's 8 and the log time beside. */
    private boolean isNew(String id, byte[] value, long timestamp) {
        var key = Bytes.wrap(Arrays.copyOf(sha256.digest(id.getBytes(java.nio.charset.StandardCharsets.UTF_8)), 16));
        sha256.update(value, WIRE_HEADER_BYTES, value.length - WIRE_HEADER_BYTES);
        var content = ByteBuffer.allocate(16).put(sha256.digest(), 0, 8).putLong(timestamp).array();
        return seen.putIfAbsent(key, content) == null;
    }

    private void add(GenericRecord call) {
        var user = (GenericRecord) call.get("user");
        var result = (GenericRecord) call.get("result");
        var inbound = call.get("direction").toString().equals("inbound");
        var conference = ((List<?>) call.get("otherParties")).size() > 1;
        var day = Instant.ofEpochMilli((Long) result.get("startTimestamp")).atOffset(ZoneOffset.UTC).toLocalDate();
        var subject = "user/" + user.get("uid");
        for (var window : new String[] {LIFETIME, "/" + day}) {
            var key = subject + window;
            var known = totals.get(key);
            totals.put(key, Totals.with(known == null ? Totals.none(window.equals(LIFETIME)) : known, result, inbound, conference));
        }
    }
}
