// A row of figures in elements that stay: Plotly.react puts each new figure in place of the last.

export default function ({ data, parentElement, setTriggerValue }) {
  const root = parentElement.querySelector(".ntk-uq-panels")
  root.wanted = data
  root.tell = point => setTriggerValue("clicked", point)
  redraw(root)
}

async function draw(root) {
  while (root.wanted) {
    const data = root.wanted
    root.wanted = null
    root.data = data
    const panels = data.panels.map(panel => ({ ...JSON.parse(panel.figure), alt: panel.alt }))
    const elements = placed(root, panels, data.columns)
    const plotly = await library(data.plotly)
    const buttons = [...data.config.modeBarButtons, [SAVE_BUTTON], [PRESENT_BUTTON]]
    const config = { responsive: true, ...data.config, modeBarButtons: buttons }
    for (const [i, panel] of panels.entries()) {
      const element = elements[i]
      named(panel.data)
      keep(stateOf(root, i, panel.layout.uirevision), panel, i)
      element.own = panel.own
      element.saved = data.saved
      if (presented(element)) enlarge(panel)
      await plotly.react(element, panel.data, panel.layout, config)
      // react keeps the width of the figure before.
      const drawn = element.querySelector(".main-svg").clientWidth, width = element.offsetWidth
      if (width && Math.abs(drawn - width) > 1) plotly.Plots.resize(element)
      if (!element.listens) listen(plotly, root, element, i)
    }
  }
}

// One element a figure, as high as it will be, so that nothing moves when it is drawn.
function placed(root, panels, columns) {
  let row = root.querySelector(".ntk-uq-row")
  if (!row) {
    row = document.createElement("div")
    row.className = "ntk-uq-row"
    root.append(row)
  }
  row.style.setProperty("--columns", columns)
  while (row.children.length > panels.length) row.lastChild.remove()
  while (row.children.length < panels.length) row.append(document.createElement("div"))
  panels.forEach((panel, i) => {
    const element = row.children[i]
    fit(element.offsetWidth, panel)
    element.style.height = `${panel.layout.height ?? 450}px`
    element.setAttribute("role", "group")
    element.setAttribute("aria-label", panel.alt)
  })
  return [...row.children]
}

function listen(plotly, root, element, i) {
  element.listens = true
  link(plotly, root, element, i)
  element.on("plotly_click", ({ points }) => {
    if (!root.data.clicks) return
    const { curveNumber, pointNumber, customdata } = points[0]
    root.tell({ panel: i, curve: curveNumber, point: pointNumber, customdata: customdata ?? null })
  })
  element.addEventListener("fullscreenchange", () => redraw(root))
  element.addEventListener("keydown", event => turn(element, event))
  new ResizeObserver(() => { if (element.offsetWidth) resize(plotly, root, element, i) }).observe(element)
}

function fit(width, panel) {
  placeLegend(width, panel)
  for (const name of axesOf(panel.layout, "x")) {
    thinTicks(width, panel.layout[name], panel.layout)
    fitTitle(width, panel.layout[name], panel.layout)
  }
}

// What fit decides on, to be compared.
function fitted(layout) {
  const axes = axesOf(layout, "x").map(name => layout[name])
  return JSON.stringify([
    layout.height, layout.legend?.x, layout.legend?.font?.size,
    ...axes.flatMap(axis => [axis.tickvals?.length, axis.title?.font?.size]),
  ])
}

// A legend's place, labels and sizes of letters follow from the panel's width: where that changes
// them, the figure is made anew, and otherwise only as wide as the panel. A figure that is being
// drawn has taken its width already, so that it is drawn once more.
function resize(plotly, root, element, i) {
  if (root.drawing) return redraw(root)
  const panel = JSON.parse(root.data.panels[i].figure)
  fit(element.offsetWidth, panel)
  const elsewhere = fitted(panel.layout) !== fitted(element.layout)
  if (elsewhere && !presented(element)) redraw(root)
  else plotly.Plots.resize(element)
}

function redraw(root) {
  root.wanted ??= root.data
  root.drawing ??= draw(root).finally(() => { root.drawing = null })
}
