// A row of figures in elements that stay: Plotly.react puts each new figure in place of the last.

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".ntk-uq-panels")
  root.wanted = data
  if (!root.drawing) root.drawing = draw(root).finally(() => { root.drawing = null })
}

async function draw(root) {
  while (root.wanted) {
    const data = root.wanted
    root.wanted = null
    const panels = data.panels.map(panel => ({ ...JSON.parse(panel.figure), alt: panel.alt }))
    const elements = placed(root, panels)
    const plotly = await library(data.plotly)
    const revision = panels[0]?.layout.uirevision
    if (!root.kept || root.kept.revision !== revision) {
      root.kept = { revision, hidden: new Set(), x: null, y: new Map() }
    }
    for (const [i, panel] of panels.entries()) {
      const element = elements[i]
      named(panel.data)
      keep(root.kept, panel, i)
      await plotly.react(element, panel.data, panel.layout, { responsive: true, ...data.config })
      if (!element.linked) link(plotly, root, element, i)
    }
  }
}

// One element a figure, as high as it will be, so that nothing moves when it is drawn.
function placed(root, panels) {
  let row = root.querySelector(".ntk-uq-row")
  if (!row) {
    row = document.createElement("div")
    row.className = "ntk-uq-row"
    root.append(row)
  }
  while (row.children.length > panels.length) row.lastChild.remove()
  while (row.children.length < panels.length) row.append(document.createElement("div"))
  panels.forEach((panel, i) => {
    const element = row.children[i]
    element.style.height = `${panel.layout.height}px`
    element.setAttribute("role", "group")
    element.setAttribute("aria-label", panel.alt)
  })
  return [...row.children]
}

// Plotly's script, once a page; under an address with its version, so that a copy is as good.
function library(address) {
  window.ntkUqPlotly ??= fetch(base() + address, { cache: "force-cache" })
    .then(answer => {
      if (!answer.ok) throw new Error(`${address}: ${answer.status}`)
      return answer.text()
    })
    .then(text => new Promise((done, failed) => {
      const script = document.createElement("script")
      script.src = URL.createObjectURL(new Blob([text], { type: "text/javascript" }))
      script.onload = () => done(window.Plotly)
      script.onerror = failed
      document.head.append(script)
    }))
    .catch(error => { window.ntkUqPlotly = undefined; throw error })
  return window.ntkUqPlotly
}

// Where the app lies: behind a proxy, below a path of its own. Its own script says where.
function base() {
  const script = document.querySelector("script[src*='static/js/']")
  return script ? new URL(script.src).pathname.replace(/\/static\/js\/.*$/, "") : ""
}

// Names by which Plotly knows a trace again although others have come before it.
function named(traces) {
  const counts = new Map()
  for (const trace of traces) {
    const group = trace.legendgroup ?? trace.name ?? ""
    const count = counts.get(group) ?? 0
    counts.set(group, count + 1)
    trace.uid = `${group}#${count}`
  }
}

function keep(kept, panel, i) {
  for (const trace of panel.data) {
    if (kept.hidden.has(group(trace))) trace.visible = "legendonly"
  }
  if (kept.x && panel.layout.xaxis) panel.layout.xaxis.range = [...kept.x]
  const y = kept.y.get(i)
  if (y && panel.layout.yaxis) panel.layout.yaxis.range = [...y]
}

const group = trace => trace.legendgroup || trace.name

function link(plotly, root, element, i) {
  element.linked = true
  const all = () => [...element.parentElement.children]

  const show = () => all().forEach(one => {
    const traces = one.data ?? []
    const visible = traces.map(t => (root.kept.hidden.has(group(t)) ? "legendonly" : true))
    if (traces.length) plotly.restyle(one, { visible })
  })
  element.on("plotly_legendclick", event => {
    const name = group(event.data[event.curveNumber])
    const hidden = root.kept.hidden
    if (!hidden.delete(name)) hidden.add(name)
    show()
    return false
  })
  element.on("plotly_legenddoubleclick", event => {
    const name = group(event.data[event.curveNumber])
    const names = new Set(all().flatMap(one => (one.data ?? []).map(group)))
    const others = [...names].filter(other => other !== name)
    const alone = others.every(other => root.kept.hidden.has(other))
    root.kept.hidden = new Set(alone ? [] : others)
    show()
    return false
  })
  element.on("plotly_relayout", event => {
    const range = axis => event[`${axis}.range`]
      ?? (`${axis}.range[0]` in event ? [event[`${axis}.range[0]`], event[`${axis}.range[1]`]] : null)
    const x = range("xaxis"), y = range("yaxis")
    if (x && String(x) !== String(root.kept.x)) {
      root.kept.x = x
      for (const one of all()) if (one !== element && one.layout) plotly.relayout(one, { "xaxis.range": [...x] })
    }
    if (y) root.kept.y.set(i, y)
    if (event["xaxis.autorange"]) root.kept.x = null
    if (event["yaxis.autorange"]) root.kept.y.delete(i)
  })
  element.on("plotly_doubleclick", () => { root.kept.x = null; root.kept.y.delete(i) })
  new ResizeObserver(() => { if (element.offsetWidth) plotly.Plots.resize(element) }).observe(element)
}
