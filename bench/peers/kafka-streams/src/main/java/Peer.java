import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.apache.avro.Schema;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StoreQueryParameters;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.state.QueryableStoreTypes;
import org.apache.kafka.streams.state.Stores;

/**
 * Calls folded into totals per user and per day, each id once, exactly once: what call-metrics does, by Kafka Streams. Totals are the store's own changelog.
 * HTTP on PORT: /ready, /progress (records folded), /totals (a line per user).
 */
public final class Peer {
    public static void main(String[] args) throws Exception {
        var folded = new AtomicLong();
        var schema = new Schema.Parser().parse(Path.of(env("SCHEMA")).toFile());
        var builder = new StreamsBuilder();
        builder.addStateStore(Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(Fold.SEEN), Serdes.Bytes(), Serdes.ByteArray()).withCachingEnabled());
        builder.addStateStore(Stores.keyValueStoreBuilder(
            Stores.persistentKeyValueStore(Fold.TOTALS), Serdes.String(), new TotalsSerde()).withCachingEnabled());
        builder.<byte[], byte[]>stream(env("TOPIC")).process(() -> new Fold(schema, folded), Fold.SEEN, Fold.TOTALS);

        var streams = new KafkaStreams(builder.build(), settings());
        serve(streams, folded);
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
    }

    private static Properties settings() {
        var settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, env("APPLICATION_ID"));
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, env("KAFKA_BROKERS"));
        settings.put(StreamsConfig.STATE_DIR_CONFIG, env("STATE_DIRECTORY"));
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, 100);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, env("THREADS"));
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.DEFAULT_KEY_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        settings.put(StreamsConfig.DEFAULT_VALUE_SERDE_CLASS_CONFIG, Serdes.ByteArraySerde.class);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        return settings;
    }

    private static void serve(KafkaStreams streams, AtomicLong folded) throws Exception {
        var server = HttpServer.create(new InetSocketAddress("127.0.0.1", Integer.parseInt(env("PORT"))), 0);
        answer(server, "/progress", () -> String.valueOf(folded.get()));
        answer(server, "/ready", () -> {
            totals(streams).approximateNumEntries();
            return streams.state() == KafkaStreams.State.RUNNING ? "ready" : null;
        });
        answer(server, "/totals", () -> {
            var lines = new StringBuilder();
            try (var all = totals(streams).all()) {
                all.forEachRemaining(entry -> {
                    if (entry.key.endsWith(Fold.LIFETIME)) lines.append(Totals.line(entry.key, entry.value)).append('\n');
                });
            }
            return lines.toString();
        });
        server.start();
    }

    private static org.apache.kafka.streams.state.ReadOnlyKeyValueStore<String, long[]> totals(KafkaStreams streams) {
        return streams.store(StoreQueryParameters.fromNameAndType(Fold.TOTALS, QueryableStoreTypes.keyValueStore()));
    }

    private static void answer(HttpServer server, String path, Supplier<String> text) {
        server.createContext(path, exchange -> {
            String body;
            try {
                body = text.get();
            } catch (RuntimeException notYet) {
                body = null;
            }
            var bytes = (body == null ? "" : body).getBytes(StandardCharsets.UTF_8);
            exchange.sendResponseHeaders(body == null ? 503 : 200, bytes.length == 0 ? -1 : bytes.length);
            exchange.getResponseBody().write(bytes);
            exchange.close();
        });
    }

    private static String env(String name) {
        var value = System.getenv(name);
        if (value == null) throw new IllegalArgumentException(name + " is not set");
        return value;
    }
}
