import { describeSentences } from "./table.ts";

describeSentences("node");
