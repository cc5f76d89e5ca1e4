package peers;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/** The key of a document, as `document_key` in matcher/registry.py makes it. */
final class DocumentKey {
    private static final Map<String, String> SAME = Map.of("D", "DEU", "XKX", "RKS");

    private DocumentKey() {}

    static String of(CharSequence issuingState, CharSequence number) {
        String state = issuingState.toString();
        String text = number.toString();
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            // Nearly every number is plain: only one that is not is gone through code point by code point.
            if (!(c >= '0' && c <= '9' || c >= 'A' && c <= 'Z')) {
                text = plain(text);
                break;
            }
        }
        return SAME.getOrDefault(state, state) + ":" + text;
    }

    private static String plain(String number) {
        StringBuilder kept = new StringBuilder(number.length());
        number.codePoints().filter(DocumentKey::isAlphanumeric).forEach(kept::appendCodePoint);
        return kept.toString().toUpperCase(Locale.ROOT);
    }

    /** Python's str.isalnum: letters and everything with a numeric value, Roman numerals and fractions included. */
    private static boolean isAlphanumeric(int c) {
        int type = Character.getType(c);
        return Character.isLetterOrDigit(c) || type == Character.LETTER_NUMBER || type == Character.OTHER_NUMBER;
    }

    /** Checks a file of lines `state TAB number TAB key`; the number of lines. */
    static int check(Path vectors) throws Exception {
        int lines = 0;
        for (String line : Files.readAllLines(vectors)) {
            String[] parts = line.split("\t", -1);
            String key = of(parts[0], parts[1]);
            lines++;
            if (!key.equals(parts[2])) {
                throw new IllegalStateException("line " + lines + " gives " + key);
            }
        }
        return lines;
    }
}
