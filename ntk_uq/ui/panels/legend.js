// Where a legend below the plot stands. In a narrow panel it begins in the plot's margin, at the
// panel's edge, since a fit is long. (Plotly can count from the container's edge, but then puts the
// axis' title into the plot.) In a wide one its entries stand side by side, and what they need less
// of height than one below the other, the figure is lower by.
function placeLegend(width, { data, layout }) {
  const { legend, margin, height } = layout
  if (!(legend?.y < 0) || !margin) return
  const room = width - margin.l - margin.r
  if (room <= 0) return
  const plot = height - margin.t - margin.b
  if (width < NARROW) {
    legend.x = Math.min((EDGE - margin.l) / room, 0)
    const names = data.filter(trace => trace.name && trace.showlegend !== false)
    const letters = Math.max(0, ...names.map(trace => longest(trace.name)))
    const size = (width - EDGE - SYMBOL) / (letters * MEAN_LETTER)
    if (size < legend.font?.size) legend.font.size = readable(size)
    return
  }
  legend.x = 0
  const lines = data.filter(trace => trace.name && trace.showlegend !== false)
    .map(trace => trace.name.split('<br>').length)
  const columns = Math.max(Math.floor(room / (legend.entrywidth + SYMBOL)), 1)
  // A row is as high as its highest entry. The figure has room for all entries in one column, of
  // which it keeps the share that the rows need.
  let rows = 0
  for (let at = 0; at < lines.length; at += columns) {
    rows += 1 + FURTHER_LINE * (Math.max(...lines.slice(at, at + columns)) - 1)
  }
  const all = lines.reduce((sum, count) => sum + 1 + FURTHER_LINE * (count - 1), 0)
  const axis = -legend.y * plot
  margin.b = Math.round(axis + (margin.b - axis) * rows / Math.max(all, 1))
  layout.height = plot + margin.t + margin.b
}

// Pixels, and the height of an entry's further line by that of its first.
const NARROW = 600, EDGE = 16, SYMBOL = 45, FURTHER_LINE = 0.77
