import { describe, expect, test } from "vitest";
import type { StudyRow } from "../src/api/types";
import type { Command } from "../src/state/commands";
import { day, personName, short, shown } from "../src/strings/words";
import { matching } from "../src/ui/Palette";
import { found, searchable } from "../src/ui/Studies";

const command = (id: string, title: string, words = ""): Command => ({ id, title, group: "View", words, run: () => undefined });

describe("text of files", () => {
  test("hostile names stay text of bounded length", () => {
    expect(shown("<script>alert(1)</script>")).toBe("<script>alert(1)</script>");
    expect(shown("a\u202eb\u0000c\u001b[31m")).toBe("a b c [31m");
    expect(shown("x".repeat(10_000)).length).toBe(121);
  });

  test("names, days and numbers as people write them", () => {
    expect(personName("DOE^JANE^A^DR")).toBe("DOE, DR JANE A");
    expect(personName("山田^太郎=Yamada^Tarou")).toBe("山田, 太郎");
    expect(personName(null)).toBe("(no name)");
    expect(day("20240131")).toBe("2024-01-31");
    expect([short(1234.56), short(12.345), short(0.1234), short(40)]).toEqual(["1235", "12.3", "0.12", "40"]);
  });
});

test("the palette puts what begins with the words first", () => {
  const all = [command("a", "Flip left and right"), command("b", "Rotate left"), command("c", "Left hand", ""), command("d", "Invert", "negative")];
  expect(matching(all, "left").map((each) => each.id)).toEqual(["c", "a", "b"]);
  expect(matching(all, "nega").map((each) => each.id)).toEqual(["d"]);
  expect(matching(all, "nothing")).toEqual([]);
});

test("studies are found by all words and sorted by a column", () => {
  const rows = Array.from({ length: 10_000 }, (_, at): StudyRow => {
    const of = { study_instance_uid: `${at}`, patient_name: `DOE^JANE${at}`, patient_id: `P${at}`, date: `2024${String(101 + (at % 28))}`.slice(0, 8) };
    return { ...of, time: "", description: at % 2 ? "Chest" : "Head", modalities: [at % 3 ? "CT" : "MR"], instances: at, series: [], issues: [] } as unknown as StudyRow;
  });
  const kept = found(searchable(rows), "chest mr jane99", "images", true);
  expect(kept.map((each) => each.instances)).toEqual(kept.map((each) => each.instances).sort((a, b) => b - a));
  expect(kept.every((each) => each.description === "Chest" && each.modalities[0] === "MR")).toBe(true);
  expect(kept.length).toBeGreaterThan(10);
});
