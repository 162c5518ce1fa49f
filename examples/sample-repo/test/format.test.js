import assert from "node:assert/strict";
import test from "node:test";
import { formatDuration } from "../src/format.js";

test("the largest unit comes first", () => assert.equal(formatDuration(5_400_000), "1h 30m"));
test("nothing is nought milliseconds", () => assert.equal(formatDuration(0), "0ms"));
test("a negative duration is refused", () => assert.throws(() => formatDuration(-1), RangeError));
