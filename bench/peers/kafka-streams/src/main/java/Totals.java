import org.apache.avro.generic.GenericRecord;

/** Sums as longs: 5 per direction, then conferences; for lifetimes the histograms of both directions behind them. */
final class Totals {
    private static final long[] ANSWER_BOUNDS = seconds(1, 2, 3, 5, 8, 10, 15, 20, 30, 45, 60, 90, 120);
    private static final long[] TALK_BOUNDS = seconds(10, 30, 60, 120, 180, 300, 600, 900, 1200, 1800, 2700, 3600);
    private static final int ANSWERED = 0, MISSED = 1, ANSWER_MS = 2, TALK_MS = 3, SKEWED = 4, PER_DIRECTION = 5;
    private static final int CONFERENCES = 2 * PER_DIRECTION, SUMS = CONFERENCES + 1;
    private static final int HISTOGRAMS = ANSWER_BOUNDS.length + 1 + TALK_BOUNDS.length + 1;

    private Totals() {}

    static long[] none(boolean lifetime) {
        return new long[SUMS + (lifetime ? 2 * HISTOGRAMS : 0)];
    }

    static long[] with(long[] before, GenericRecord result, boolean inbound, boolean conference) {
        var totals = before.clone();
        var at = inbound ? 0 : PER_DIRECTION;
        if (conference) totals[CONFERENCES] += 1;
        if (!result.getSchema().getName().equals("AnsweredCall")) {
            totals[at + MISSED] += 1;
            return totals;
        }
        long start = (Long) result.get("startTimestamp"), answer = (Long) result.get("answerTimestamp"), end = (Long) result.get("hangupTimestamp");
        totals[at + ANSWERED] += 1;
        if (answer < start || end < answer) {
            totals[at + SKEWED] += 1;
            return totals;
        }
        totals[at + ANSWER_MS] += answer - start;
        totals[at + TALK_MS] += end - answer;
        if (totals.length > SUMS) {
            var histograms = SUMS + (inbound ? 0 : HISTOGRAMS);
            totals[histograms + bucket(ANSWER_BOUNDS, answer - start)] += 1;
            totals[histograms + ANSWER_BOUNDS.length + 1 + bucket(TALK_BOUNDS, end - answer)] += 1;
        }
        return totals;
    }

    /** As bench/projection/calls.ts has it: counts of both directions, then sums over both, then conferences. */
    static String line(String key, long[] totals) {
        var uid = key.substring("user/".length(), key.length() - Fold.LIFETIME.length());
        var counts = totals[ANSWERED] + " " + totals[MISSED] + " " + totals[PER_DIRECTION + ANSWERED] + " " + totals[PER_DIRECTION + MISSED];
        return uid + " " + counts + " " + both(totals, ANSWER_MS) + " " + both(totals, TALK_MS) + " " + both(totals, SKEWED) + " " + totals[CONFERENCES];
    }

    private static long both(long[] totals, int field) {
        return totals[field] + totals[PER_DIRECTION + field];
    }

    private static int bucket(long[] bounds, long value) {
        var index = 0;
        while (index < bounds.length && value > bounds[index]) index += 1;
        return index;
    }

    private static long[] seconds(long... seconds) {
        var ms = seconds.clone();
        for (var index = 0; index < ms.length; index += 1) ms[index] *= 1000;
        return ms;
    }
}
