// The elements of the shown image, searched by tag, name and value.

import { useEffect, useState } from "preact/hooks";
import { api } from "../api/client";
import type { Element, Tags as Found } from "../api/types";
import { cut, shown, words } from "../strings/words";
import { Icon } from "./icons";
import { fileOf } from "./Panes";
import type { Parts } from "./parts";

interface Row {
  depth: number;
  element: Element;
  text: string;
}

function flat(elements: readonly Element[], depth: number, into: Row[]): Row[] {
  for (const element of elements) {
    const text = [element.tag, element.keyword, element.name, element.creator, element.value].join(" ").toLowerCase();
    into.push({ depth, element, text });
    for (const item of element.items ?? []) flat(item, depth + 1, into);
  }
  return into;
}

const MOST = 1500;

export function TagPanel({ store, room }: Parts) {
  const file = fileOf(store.active.value);
  const [tags, setTags] = useState<Found | null>(null);
  const [failed, setFailed] = useState("");
  const [search, setSearch] = useState("");
  useEffect(() => {
    let wanted = true;
    if (file === null) setTags(null);
    else {
      api.tags(file).then(
        (found) => wanted && (setTags(found), setFailed("")),
        (error: Error) => wanted && (setTags(null), setFailed(error.message)),
      );
    }
    return () => {
      wanted = false;
    };
  }, [file]);
  const parts = search.toLowerCase().split(/\s+/).filter(Boolean);
  const rows = tags ? flat(tags.elements, 0, []) : [];
  const kept = rows.filter((row) => parts.every((part) => row.text.includes(part)));
  return (
    <aside class="side" style={{ width: "30em" }} aria-label={words.tags}>
      <header>
        <h2>{words.tags}</h2>
        <button
          type="button"
          class="tool"
          aria-label={words.close}
          onClick={() => {
            room.side.value = "none";
          }}
        >
          <Icon name="close" />
        </button>
      </header>
      <div style={{ padding: "6px 8px" }}>
        <input type="search" style={{ width: "100%" }} placeholder={words.searchTags} aria-label={words.searchTags} value={search} onInput={(event) => setSearch(event.currentTarget.value)} />
      </div>
      <div class="scroll" tabIndex={0}>
        {failed && <p class="mark error">{shown(failed)}</p>}
        {tags && <p class="quiet">{shown(tags.path)}</p>}
        <table class="tags">
          <tbody>
            {kept.slice(0, MOST).map(({ depth, element }, at) => (
              <tr key={at}>
                <td class="tag" style={{ paddingLeft: `${depth * 10}px` }}>
                  {element.tag}
                </td>
                <td title={shown(element.creator)}>
                  {shown(element.name) || shown(element.keyword)} <span class="quiet">{[element.vr, shown(element.creator)].filter(Boolean).join(" · ")}</span>
                </td>
                <td>{store.showIdentity.value || !/^\(?0010/.test(element.tag) ? (element.items ? words.items(element.items.length) : cut(element.value, 512)) : words.hiddenStudy}</td>
              </tr>
            ))}
          </tbody>
        </table>
        {kept.length > MOST && <p class="quiet">{words.searchForMore}</p>}
      </div>
    </aside>
  );
}
