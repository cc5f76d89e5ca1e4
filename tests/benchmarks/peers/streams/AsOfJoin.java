package peers;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import org.apache.avro.Schema;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericRecord;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.CloseOptions;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.StreamsBuilder;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.errors.StreamsUncaughtExceptionHandler.StreamThreadExceptionResponse;
import org.apache.kafka.streams.kstream.Consumed;
import org.apache.kafka.streams.kstream.KStream;
import org.apache.kafka.streams.kstream.Materialized;
import org.apache.kafka.streams.kstream.Produced;
import org.apache.kafka.streams.kstream.ValueJoiner;
import org.apache.kafka.streams.state.Stores;

/**
 * The as-of join on Kafka Streams, exactly once.
 *
 * <p>`check VECTORS` compares document keys; `run VARIANT BOOTSTRAP APPLICATION STATE SCHEMAS PEER_SCHEMAS REGISTRY OUT
 * INPUT...` runs until SIGTERM and says READY once it runs. Variants: versioned, memory (events keyed by document),
 * global, projected (events as they are; `projected` decodes only the fields that the join looks at).
 */
public final class AsOfJoin {
    private static final ZoneId SWEDEN = ZoneId.of("Europe/Stockholm");
    /** Longer than any status lasts: a versioned store answers nothing from before. */
    private static final Duration HISTORY = Duration.ofDays(36_500);

    private AsOfJoin() {}

    public static void main(String[] words) throws Exception {
        if (words[0].equals("check")) {
            System.out.println(DocumentKey.check(Path.of(words[1])) + " document keys agree");
            return;
        }
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, words[3]);
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, words[2]);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, words[4]);
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.REPLICATION_FACTOR_CONFIG, 1);
        settings.put(StreamsConfig.TOPOLOGY_OPTIMIZATION_CONFIG, StreamsConfig.OPTIMIZE);
        settings.put(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG, "earliest");
        Topology topology = topology(words, settings);
        CountDownLatch running = new CountDownLatch(1);
        KafkaStreams streams = new KafkaStreams(topology, settings);
        streams.setStateListener((now, before) -> {
            if (now == KafkaStreams.State.RUNNING) {
                running.countDown();
            }
        });
        streams.setUncaughtExceptionHandler(error -> {
            error.printStackTrace();
            Runtime.getRuntime().halt(1);
            return StreamThreadExceptionResponse.SHUTDOWN_APPLICATION;
        });
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(
            // Without leaving, the next start waits for the group to give this member up.
            CloseOptions.timeout(Duration.ofSeconds(30))
                .withGroupMembershipOperation(CloseOptions.GroupMembershipOperation.LEAVE_GROUP))));
        streams.start();
        running.await();
        System.out.println("READY");
        System.out.flush();
        new CountDownLatch(1).await();
    }

    private static Topology topology(String[] words, Properties settings) throws Exception {
        String variant = words[1];
        Path schemas = Path.of(words[5]);
        Path own = Path.of(words[6]);
        Schema status = schema(own, "status");
        Schema match = schema(own, "match");
        Schema[] sources = {schema(schemas, "border-crossing"), schema(schemas, "mission-observation")};
        Schema part = variant.equals("projected") ? schema(own, "event") : null;
        StreamsBuilder builder = new StreamsBuilder();
        KStream<String, GenericRecord> events =
            builder.stream(List.of(words).subList(9, words.length), Consumed.with(Serdes.String(), new Avro(part, sources)));
        ValueJoiner<GenericRecord, GenericRecord, GenericRecord> join = (event, row) -> match(match, event, row);
        Consumed<String, GenericRecord> registry = Consumed.with(Serdes.String(), new Avro(null, status));
        KStream<String, GenericRecord> matches = switch (variant) {
            case "versioned" -> events.join(builder.table(words[7], registry,
                Materialized.<String, GenericRecord>as(Stores.persistentVersionedKeyValueStore("registry", HISTORY))
                    .withKeySerde(Serdes.String()).withValueSerde(new Avro(null, status))), join);
            case "memory" -> events.join(builder.table(words[7], registry,
                Materialized.<String, GenericRecord>as(Stores.inMemoryKeyValueStore("registry"))
                    .withKeySerde(Serdes.String()).withValueSerde(new Avro(null, status)).withCachingDisabled()), join);
            case "global", "projected" -> events.flatMap((id, event) -> byDocument(event)).join(
                builder.globalTable(words[7], registry,
                    Materialized.<String, GenericRecord>as(Stores.inMemoryKeyValueStore("registry"))
                        .withKeySerde(Serdes.String()).withValueSerde(new Avro(null, status)).withCachingDisabled()),
                (key, event) -> key, join);
            default -> throw new IllegalArgumentException(variant);
        };
        matches.filter((key, found) -> found != null).to(words[8], Produced.with(Serdes.String(), new Avro(null, match)));
        return builder.build(settings);
    }

    private static Schema schema(Path folder, String name) throws Exception {
        return new Schema.Parser().parse(folder.resolve(name + ".avsc").toFile());
    }

    /** The event once for each of its documents, under the document's key. */
    private static List<KeyValue<String, GenericRecord>> byDocument(GenericRecord event) {
        if (event == null) {
            return List.of();
        }
        List<?> documents = (List<?>) ((GenericRecord) event.get("traveller")).get("documents");
        List<KeyValue<String, GenericRecord>> keyed = new ArrayList<>(documents.size());
        for (Object document : documents) {
            GenericRecord seen = (GenericRecord) document;
            String key = DocumentKey.of((CharSequence) seen.get("issuing_state"), (CharSequence) seen.get("number"));
            keyed.add(KeyValue.pair(key, event));
        }
        return keyed;
    }

    /** The status that held on the day of the event and whose examined countries hold the event's; null where none does. */
    private static GenericRecord match(Schema schema, GenericRecord event, GenericRecord row) {
        Object country = event.get("country");
        if (country == null || event.get("kind").toString().equals("WITHDRAWN")) {
            return null;
        }
        long day = Instant.ofEpochMilli((Long) event.get("occurred_at")).atZone(SWEDEN).toLocalDate().toEpochDay();
        Integer naturalised = (Integer) row.get("naturalised_on");
        if (naturalised != null && naturalised <= day) {
            return null;
        }
        for (Object held : (List<?>) row.get("statuses")) {
            GenericRecord status = (GenericRecord) held;
            Integer to = (Integer) status.get("valid_to");
            if ((Integer) status.get("valid_from") <= day && (to == null || day < to) && holds(status, country)) {
                GenericData.Record found = new GenericData.Record(schema);
                found.put("event_id", event.get("event_id"));
                found.put("person_id", row.get("person_id"));
                found.put("occurred_at", event.get("occurred_at"));
                found.put("country", country);
                found.put("status_kind", status.get("kind").toString());
                found.put("valid_from", status.get("valid_from"));
                found.put("valid_to", to);
                return found;
            }
        }
        return null;
    }

    private static boolean holds(GenericRecord status, Object country) {
        for (Object examined : (List<?>) status.get("countries")) {
            if (examined.toString().contentEquals((CharSequence) country)) {
                return true;
            }
        }
        return false;
    }
}
