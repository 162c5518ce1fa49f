import assert from "node:assert/strict";
import test from "node:test";
import { parseDuration } from "../src/parse.js";

test("parts add up", () => assert.equal(parseDuration("1h 30m"), 5_400_000));
test("fractions count", () => assert.equal(parseDuration("1.5s"), 1_500));
test("a part that is none is named", () => assert.throws(() => parseDuration("1h soon"), /`soon` is not a duration/));
