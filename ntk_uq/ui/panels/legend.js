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
    return
  }
  legend.x = 0
  const entries = data.filter(trace => trace.name && trace.showlegend !== false).length
  const rows = Math.ceil(entries / Math.max(Math.floor(room / (legend.entrywidth + SYMBOL)), 1))
  const axis = -legend.y * plot
  margin.b = Math.round(axis + (margin.b - axis) * rows / Math.max(entries, 1))
  layout.height = plot + margin.t + margin.b
}

const NARROW = 600, EDGE = 16, SYMBOL = 40
