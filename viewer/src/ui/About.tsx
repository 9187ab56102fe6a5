// What is known of the series in the active view: its geometry, why it is no volume, what was found wrong.

import { cut, shown, words } from "../strings/words";
import { Dialog } from "./Dialog";
import type { Parts } from "./parts";

export function About({ store, room }: Parts) {
  const stack = store.active.peek().stack.peek();
  if (!stack) return null;
  const spacing = stack.pixel_spacing?.map((value) => value.toFixed(3)).join(" × ");
  const facts: [string, string][] = [
    [words.kind, words.kinds[stack.kind]],
    [words.matrix, `${stack.columns} × ${stack.rows} × ${stack.frames.length}`],
    [words.spacing, spacing ? `${spacing} mm${stack.spacing_source ? ` (${words.spacingOf[stack.spacing_source]})` : ""}` : words.unknown],
    [words.sliceSpacing, stack.slice_spacing === null ? words.unknown : `${stack.slice_spacing.toFixed(3)} mm`],
    [words.values, [stack.photometric, `${stack.bits_allocated} bit`, stack.unit].filter(Boolean).join(" · ")],
    [words.uptake, stack.suv ? `${stack.suv.unit} × ${stack.suv.factor.toPrecision(6)}` : ""],
  ];
  return (
    <Dialog title={words.about} kind="notes" onClose={() => (room.dialog.value = "none")}>
      <div class="scroll" tabIndex={0}>
        <p>
          <bdi>{shown(stack.description) || stack.modality}</bdi>
        </p>
      <dl>
        {facts
          .filter(([, value]) => value)
          .map(([name, value]) => (
            <>
              <dt key={name}>{name}</dt>
              <dd>{value}</dd>
            </>
          ))}
        <dt>{words.planes}</dt>
        <dd>{stack.no_volume ? cut(stack.no_volume, 600) : stack.straight ? words.straightened : stack.kind === "volume" ? words.canCut : words.unknown}</dd>
      </dl>
      {stack.issues.length > 0 ? (
        <ul class="notes">
          {stack.issues.map((issue, at) => (
            <li key={at} class={issue.severity}>
              {cut(issue.message, 600)} {issue.hint ? <span class="quiet">{cut(issue.hint, 400)}</span> : null}
            </li>
          ))}
        </ul>
      ) : null}
      </div>
    </Dialog>
  );
}
