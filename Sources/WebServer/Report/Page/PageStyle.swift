/// How a page looks: light or dark as the reader's system has it, narrow or wide, on paper too.
enum PageStyle {
    static let markup: Markup = """
        <style>
        :root { color-scheme: light dark; --back: #ffffff; --card: #f6f8fa; --text: #1b2330; --quiet: #556072;
          --line: #d6dce4; --accent: #2360b5; --light: #9fc0ea; --bad: #b8302a; --warn: #8a5300; --good: #1d7342; }
        @media (prefers-color-scheme: dark) { :root { --back: #11151b; --card: #1a2029; --text: #e5eaf1;
          --quiet: #a0abba; --line: #303a47; --accent: #74abff; --light: #34567f; --bad: #ff8177; --warn: #e4aa4b;
          --good: #62cc90; } }
        * { box-sizing: border-box; }
        body { margin: 0 auto; max-width: 76rem; padding: 1.5rem; background: var(--back); color: var(--text);
          font: 15px/1.5 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
        h1 { font-size: 1.6rem; margin: 0; } h2 { font-size: 1.2rem; margin: 2.4rem 0 .6rem; }
        h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; } p { margin: .3rem 0 .8rem; max-width: 60rem; }
        .quiet { color: var(--quiet); } .bad { color: var(--bad); } .warn { color: var(--warn); }
        .good { color: var(--good); } code { font: .88em ui-monospace, "Liberation Mono", monospace; }
        header p { color: var(--quiet); margin: .2rem 0; }
        .badge { display: inline-block; border: 1px solid currentColor; border-radius: 1rem; padding: 0 .7rem;
          font-size: .95rem; font-weight: 600; vertical-align: .2rem; margin-left: .6rem; }
        .notice { border-left: 4px solid var(--warn); background: var(--card); padding: .6rem 1rem; margin: 1rem 0; }
        .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(6.7rem, 1fr)); gap: .8rem;
          margin: 1.2rem 0 0; padding: 0; }
        .tiles div { background: var(--card); border: 1px solid var(--line); border-radius: .5rem;
          padding: .6rem .9rem; }
        .tiles dt { color: var(--quiet); font-size: .85rem; } .tiles dd { margin: 0; font-size: 1.35rem;
          font-weight: 600; font-variant-numeric: tabular-nums; white-space: nowrap; }
        .wide { overflow-x: auto; } table { border-collapse: collapse; width: 100%; font-size: .9rem;
          font-variant-numeric: tabular-nums; }
        caption { text-align: left; color: var(--quiet); padding: .2rem 0; font-size: .85rem; }
        th, td { text-align: left; padding: .3rem .8rem .3rem 0; border-bottom: 1px solid var(--line);
          vertical-align: top; font-weight: 400; overflow-wrap: anywhere; min-width: 4.5rem; }
        thead th { color: var(--quiet); font-size: .85rem; white-space: nowrap; overflow-wrap: normal; }
        .number { text-align: right; white-space: nowrap; overflow-wrap: normal; min-width: 0; }
        tr.away th, tr.away td { color: var(--quiet); }
        details { margin: .4rem 0 1rem; } summary { cursor: pointer; color: var(--accent); font-size: .9rem; }
        svg { display: block; width: 100%; height: auto; } svg text { fill: var(--quiet); font-size: 12px; }
        svg .name { fill: var(--text); } svg .axis { stroke: var(--line); stroke-width: 1; }
        svg .calls { fill: var(--accent); } svg .copies { fill: var(--light); } svg .errors { fill: var(--bad); }
        svg .range { fill: var(--light); } svg .median { fill: var(--accent); }
        svg .high { fill: none; stroke: var(--text); stroke-width: 2; }
        svg .area { fill: var(--light); opacity: .55; } svg .edge { fill: none; stroke: var(--accent);
          stroke-width: 1.5; }
        .key { color: var(--quiet); font-size: .85rem; } .key span { display: inline-block; width: .8rem;
          height: .8rem; border-radius: .15rem; margin: 0 .35rem 0 1rem; vertical-align: -.08rem; }
        .key span:first-child { margin-left: 0; }
        .spark td { padding: .5rem .8rem .5rem 0; vertical-align: middle; min-width: 9.5rem; width: 22%; }
        .spark th { vertical-align: middle; } .spark strong { display: block; font-weight: 600; }
        footer { margin-top: 3rem; border-top: 1px solid var(--line); padding-top: .8rem; color: var(--quiet);
          font-size: .85rem; }
        @media (max-width: 60rem) { .wide table { min-width: 52rem; } }
        @media (max-width: 40rem) { body { padding: .8rem; } .tiles dd { font-size: 1.1rem; } }
        @media print { body { max-width: none; } details:not([open]) { display: none; } }
        </style>

        """

    /// The class of a word that says how something does.
    static func kind(of status: String) -> Markup {
        switch status {
        case "healthy", "alive": "good"
        case "degraded", "suspect", "leaving": "warn"
        case "left": "quiet"
        default: "bad"
        }
    }
}
