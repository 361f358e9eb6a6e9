// Legend, zoom along the horizontal axis and hover are those of all figures of a linked row.

function link(plotly, root, element, i) {
  const state = () => stateOf(root, i)
  const row = () => (root.data.linked ? [...element.parentElement.children] : [element])
  const others = () => row().filter(one => one !== element && one.layout)

  element.on("plotly_legendclick", event => {
    const name = group(event.data[event.curveNumber])
    const { hidden } = state()
    if (!hidden.delete(name)) hidden.add(name)
    showOnly(plotly, row(), hidden)
    return false
  })
  element.on("plotly_legenddoubleclick", event => {
    const name = group(event.data[event.curveNumber])
    const names = new Set(row().flatMap(one => (one.data ?? []).map(group)))
    const rest = [...names].filter(other => other !== name)
    const alone = rest.every(other => state().hidden.has(other))
    state().hidden = new Set(alone ? [] : rest)
    showOnly(plotly, row(), state().hidden)
    return false
  })
  element.on("plotly_relayout", event => {
    const kept = state()
    const changed = changedRanges(event, element.own)
    for (const [axis, range] of changed) {
      const place = `${i}.${axis}`
      if (axis.startsWith("x")) kept.x = range
      else if (range) kept.ranges.set(place, range)
      else kept.ranges.delete(place)
    }
    if (changed.size) redraw(root)
  })
  element.on("plotly_hover", ({ points }) => {
    for (const one of others()) {
      const twin = twinOf(one, points[0])
      if (twin) plotly.Fx.hover(one, [twin], undefined, true)
      else plotly.Fx.unhover(one)
    }
  })
  element.on("plotly_unhover", () => others().forEach(one => plotly.Fx.unhover(one)))
}

function showOnly(plotly, elements, hidden) {
  for (const one of elements) {
    const visible = (one.data ?? []).map(trace => (hidden.has(group(trace)) ? "legendonly" : true))
    if (visible.length) plotly.restyle(one, { visible })
  }
}

// Axes whose range is another one, with it; null where it is the figure's own again.
function changedRanges(event, own) {
  const found = new Map()
  const close = (a, b) => Math.abs(a - b) <= 1e-9 * Math.max(Math.abs(a), Math.abs(b))
  for (const [name, value] of Object.entries(event)) {
    const [, axis, what] = name.match(/^([xy]axis\d*)\.(range|range\[0\]|autorange)$/) ?? []
    if (what === "autorange" && value) found.set(axis, null)
    if (what !== "range" && what !== "range[0]") continue
    const range = what === "range" ? [...value] : [value, event[`${axis}.range[1]`]]
    const first = own.get(axis)
    found.set(axis, first && range.every((end, k) => close(end, first[k])) ? null : range)
  }
  return found
}

// The point of the same curve at the same place, in the same row of plots. What has no name of its
// own is a part of a curve or its fit, or has its name in meta.
function twinOf(element, point) {
  const { yaxis, name, meta } = point.data
  for (const [curveNumber, trace] of element.data.entries()) {
    if (group(trace) !== group(point.data) || trace.yaxis !== yaxis) continue
    if (!trace.name !== !name || trace.meta !== meta) continue
    if (trace.hoverinfo === "skip" || trace.visible === "legendonly") continue
    const points = element.calcdata?.[curveNumber] ?? []
    const pointNumber = points.findIndex(one => one.x === point.x)
    if (pointNumber >= 0) return { curveNumber, pointNumber }
  }
  return null
}
