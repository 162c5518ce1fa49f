import { describeSentences } from "./table.ts";

describeSentences("unittest");
