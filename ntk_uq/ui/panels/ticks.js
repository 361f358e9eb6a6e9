// Labels of a horizontal axis that would touch in a panel of this width: every second, third ...
// is kept. Values come with labels for the width that figures have at least beside each other, and
// on a phone it is less. Names stay, since a name that is left out cannot be read off its
// neighbours; Plotly turns them where they are long.
function thinTicks(width, axis, { margin, font }) {
  if (!margin || !axis.range || !(axis.tickvals?.length > 2)) return
  const texts = axis.tickvals.map((value, i) => bare(axis.ticktext?.[i] ?? value))
  if (texts.some(text => Number.isNaN(Number(text)))) return
  const places = axis.tickvals.map(value => axis.type === "log" ? Math.log10(value) : value)
  const pixels = (width - margin.l - margin.r) / Math.abs(axis.range[1] - axis.range[0])
  const letter = DIGIT * (axis.tickfont?.size ?? font?.size ?? 12)
  const fits = kept => kept.slice(1).every((i, k) => {
    const before = kept[k]
    const needed = letter * (texts[i].length + texts[before].length) / 2 + BETWEEN
    return Math.abs(places[i] - places[before]) * pixels >= needed
  })
  for (let stride = 1; stride < places.length; stride += 1) {
    const kept = [...places.keys()].filter(i => i % stride === 0)
    if (!fits(kept)) continue
    axis.tickvals = kept.map(i => axis.tickvals[i])
    if (axis.ticktext) axis.ticktext = kept.map(i => axis.ticktext[i])
    return
  }
}

// The title of a horizontal axis in letters that are as small as it needs to stand whole below the
// plot; the unit of a loss may be long.
function fitTitle(width, { title }, { margin, font }) {
  if (!margin || !title?.text) return
  const room = width - margin.l - margin.r + 2 * Math.min(margin.l, margin.r)
  const size = title.font?.size ?? font?.size ?? 12
  const needed = longest(title.text) * MEAN_LETTER * size
  if (needed > room) title.font = { ...title.font, size: readable(size * room / needed) }
}

// Whole sizes, so that a panel which grows pixel by pixel is not made anew for each of them.
const readable = size => Math.max(Math.floor(size), SMALLEST)

// Letters of the longest line of a text, without its marks.
const longest = text => Math.max(...text.split("<br>").map(line => bare(line).length))

// A power of ten comes as 10<sup>k</sup>: as wide as its digits.
const bare = text => String(text).replace(/<[^>]*>/g, "").replace("−", "")

// The width of a digit by the size of its letters, and the room between two labels in pixels.
const DIGIT = 0.62, BETWEEN = 6

// The mean width of a letter by its size, and the smallest size that can be read, in pixels.
const MEAN_LETTER = 0.5, SMALLEST = 10
