// Where two texts differ, as small edits.

/** How many of two lists' entries are the same, counted from the front. */
function same(one, other, at) {
  const most = Math.min(one.length, other.length);
  let count = 0;
  while (count < most && at(one, count) === at(other, count)) count += 1;
  return count;
}

const fromFront = (list, index) => list[index];
const fromBack = (list, index) => list[list.length - 1 - index];

/** One edit that makes `before` into `after`: the part between what both begin and what both end with. */
function oneEdit(before, after, offset) {
  const front = same(before, after, fromFront);
  const back = same(before.slice(front), after.slice(front), fromBack);
  if (front === before.length && front === after.length) return [];
  return [
    { from: offset + front, to: offset + before.length - back, insert: after.slice(front, after.length - back) },
  ];
}

/** The edits that make one text into another: line by line where no line was added or removed, else one.
 *
 * A cursor between two changed lines then stays where it is, as when a fix is made above and a version set below.
 */
export function difference(before, after) {
  if (before === after) return null;
  const lines = [before.split("\n"), after.split("\n")];
  if (lines[0].length !== lines[1].length) return oneEdit(before, after, 0);
  let offset = 0;
  return lines[0].flatMap((line, index) => {
    const edit = oneEdit(line, lines[1][index], offset);
    offset += line.length + 1;
    return edit;
  });
}
