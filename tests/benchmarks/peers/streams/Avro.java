package peers;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;
import org.apache.avro.AvroRuntimeException;
import org.apache.avro.Schema;
import org.apache.avro.SchemaNormalization;
import org.apache.avro.generic.GenericData;
import org.apache.avro.generic.GenericDatumReader;
import org.apache.avro.generic.GenericDatumWriter;
import org.apache.avro.generic.GenericRecord;
import org.apache.avro.io.BinaryDecoder;
import org.apache.avro.io.BinaryEncoder;
import org.apache.avro.io.DecoderFactory;
import org.apache.avro.io.EncoderFactory;
import org.apache.kafka.common.serialization.Deserializer;
import org.apache.kafka.common.serialization.Serde;
import org.apache.kafka.common.serialization.Serializer;

/** Avro's own library in its single-object encoding; what cannot be read becomes null, which Streams passes over. */
final class Avro implements Serde<GenericRecord>, Deserializer<GenericRecord>, Serializer<GenericRecord> {
    private static final int HEADER = 10;

    private final Map<Long, GenericDatumReader<GenericRecord>> readers = new HashMap<>();
    private final GenericDatumWriter<GenericRecord> writer;
    private final long fingerprint;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream(512);
    private BinaryDecoder decoder;
    private BinaryEncoder encoder;

    /** Reads all of the schemas, each as `projection` where that is not null, and writes the first. */
    Avro(Schema projection, Schema... schemas) {
        GenericData data = new GenericData();
        data.setFastReaderEnabled(true);
        for (Schema schema : schemas) {
            Schema wanted = projection == null ? schema : part(schema, projection);
            readers.put(SchemaNormalization.parsingFingerprint64(schema), new GenericDatumReader<>(schema, wanted, data));
        }
        writer = new GenericDatumWriter<>(schemas[0], data);
        fingerprint = SchemaNormalization.parsingFingerprint64(schemas[0]);
    }

    /** The projection under the name of the schema that it is a part of. */
    private static Schema part(Schema schema, Schema projection) {
        String text = projection.toString().replace("\"name\":\"Event\"", "\"name\":\"" + schema.getName() + "\"");
        return new Schema.Parser().parse(text);
    }

    @Override
    public GenericRecord deserialize(String topic, byte[] bytes) {
        if (bytes == null || bytes.length < HEADER || bytes[0] != (byte) 0xC3 || bytes[1] != 1) {
            return null;
        }
        long schema = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(2);
        GenericDatumReader<GenericRecord> reader = readers.get(schema);
        if (reader == null) {
            return null;
        }
        decoder = DecoderFactory.get().binaryDecoder(bytes, HEADER, bytes.length - HEADER, decoder);
        try {
            GenericRecord read = reader.read(null, decoder);
            return decoder.isEnd() ? read : null;
        } catch (IOException | AvroRuntimeException | IndexOutOfBoundsException refused) {
            return null;
        }
    }

    @Override
    public byte[] serialize(String topic, GenericRecord value) {
        if (value == null) {
            return null;
        }
        out.reset();
        out.write(0xC3);
        out.write(1);
        out.writeBytes(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(fingerprint).array());
        encoder = EncoderFactory.get().directBinaryEncoder(out, encoder);
        try {
            writer.write(value, encoder);
        } catch (IOException impossible) {
            throw new UncheckedIOException(impossible);
        }
        return out.toByteArray();
    }

    @Override
    public Serializer<GenericRecord> serializer() {
        return this;
    }

    @Override
    public Deserializer<GenericRecord> deserializer() {
        return this;
    }

    @Override
    public void configure(Map<String, ?> settings, boolean isKey) {}

    @Override
    public void close() {}
}
