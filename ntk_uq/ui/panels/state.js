// What was hidden and zoomed, which outlives the figures until their revision changes. Linked
// figures have one state for all of them, others one each.

function stateOf(root, i, revision) {
  root.states ??= new Map()
  const scope = root.data.linked ? "all" : i
  let state = root.states.get(scope)
  if (!state || (revision !== undefined && state.revision !== revision)) {
    state = { revision, hidden: new Set(), x: null, ranges: new Map() }
    root.states.set(scope, state)
  }
  return state
}

const group = trace => trace.legendgroup || trace.name

// "x" or "y", or "" for both.
const axesOf = (layout, letter) => (
  Object.keys(layout).filter(name => /^[xy]axis\d*$/.test(name) && name.startsWith(letter))
)

// Names by which Plotly knows a trace again although others have come before it. It makes names of
// classes of them, which are letters and digits.
function named(traces) {
  const counts = new Map()
  for (const trace of traces) {
    const name = [group(trace) ?? "", trace.yaxis ?? "", trace.name ? "" : "unnamed"].join(" ")
    const count = counts.get(name) ?? 0
    counts.set(name, count + 1)
    trace.uid = `${name} ${count}`.replace(/\W/gu, sign => `_${sign.codePointAt(0).toString(16)}_`)
  }
}

function keep(state, panel, i) {
  // Copies: Plotly writes into the range that it was given.
  panel.own = new Map(axesOf(panel.layout, "").map(axis => [axis, panel.layout[axis].range?.slice()]))
  for (const trace of panel.data) {
    if (state.hidden.has(group(trace))) trace.visible = "legendonly"
  }
  for (const axis of panel.own.keys()) {
    const range = axis.startsWith("x") ? state.x : state.ranges.get(`${i}.${axis}`)
    if (range) Object.assign(panel.layout[axis], zoomed(range))
  }
}

// A range that somebody chose; the figure's own labels are for its own.
const zoomed = range => ({ range: [...range], tickmode: "auto" })
