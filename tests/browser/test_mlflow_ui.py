"""What somebody sees who opens the store in MLflow's own UI."""

import pytest

from sweeper.analysis.selected import select
from sweeper.analysis.study import read_study

pytestmark = [
    pytest.mark.browser,
    pytest.mark.timeout(600),
    pytest.mark.xdist_group("browser"),
]

ROWS = ".ag-center-cols-container [role=row]"
NAMES = ".ag-pinned-left-cols-container [role=row]"


def open_runs(page, address):
    page.goto(address)
    page.get_by_text("matching runs").wait_for()
    page.locator(ROWS).first.wait_for()
    close = page.get_by_role("button", name="Close")
    if close.count():
        close.first.click()


def column(page, name):
    """The texts of a column, by its header, in the order of the rows on the page."""
    key = page.locator(f".ag-header-cell:has-text('{name}')").first.get_attribute("col-id")
    cells = page.locator(f"{ROWS} [col-id='{key}']")
    order = page.locator(ROWS).evaluate_all(
        "rows => rows.map(row => +row.getAttribute('row-index'))"
    )
    texts = cells.all_inner_texts()
    return [text.strip() for _, text in sorted(zip(order, texts, strict=True))]


def first_name(page):
    return page.locator(f"{NAMES}[row-index='0'] a").first.inner_text().strip()


def selected(uri):
    """(MLflow run id, name) of the winner by CbD."""
    study = read_study(uri)
    (row,) = select(study).to_dict("records")
    name = f"dsprites l_vae b{row['batch_size']} lr{row['learning_rate']:g} it{row['iterations']}"
    return study.stored[row["run_ids"]].mlflow_run_id, name


def test_the_table_holds_all_runs_and_begins_with_the_selected_one(page, address, uri, keep):
    open_runs(page, address)
    assert page.get_by_text("37 matching runs").count() == 1  # 36 and their launch
    scores = column(page, "measure/cbd")
    assert len(scores) == 37 and scores[-1] == "-"
    numbers = [float(text) for text in scores[:-1]]
    assert numbers == sorted(numbers, reverse=True)
    assert first_name(page) == selected(uri)[1]
    assert page.get_by_text("best CbD first").count() >= 1
    assert page.get_by_text("the scores of a sweep", exact=False).count() >= 1
    keep("runs")
    page.set_viewport_size({"width": 1500, "height": 800})
    page.wait_for_timeout(500)
    keep("runs_short")


def test_sorting_by_cbd_puts_the_selected_run_first(page, address, uri):
    base = address.split("?")[0]
    open_runs(page, f"{base}?workflowType=machine_learning")
    page.get_by_test_id("sort-select-dropdown").first.click()
    page.get_by_test_id("sort-select-measure/cbd").click()
    page.get_by_text("Sort: measure/cbd").wait_for()
    page.wait_for_function(
        f"name => document.querySelector(\"{NAMES}[row-index='0']\").innerText.includes(name)",
        arg=selected(uri)[1],
    )


def test_runs_are_nested_under_their_launch(page, address):
    base = address.split("?")[0]
    open_runs(page, f"{base}?workflowType=machine_learning")
    assert page.locator(ROWS).count() == 1
    assert "launch table6_1" in first_name(page)
    page.locator(f"{NAMES}[row-index='0'] [class*=expander], {NAMES} button").first.click()
    page.wait_for_function(f"document.querySelectorAll('{ROWS}').length === 37")


def test_a_run_page_shows_pcc_dataset_and_sigma_curves(page, address, uri, keep):
    run, name = selected(uri)
    base = address.split("/runs")[0]
    page.goto(f"{base}/runs/{run}?workflowType=machine_learning")
    page.get_by_role("heading", name=name).wait_for()
    picture = page.locator("img[src*='pcc.png']").first
    picture.wait_for()
    page.wait_for_function("document.querySelector(\"img[src*='pcc.png']\").naturalWidth > 200")
    page.get_by_text("dsprites (").first.wait_for()
    more = page.get_by_text("Show more")
    if more.count():
        more.first.click()
    keep("run")

    page.goto(f"{base}/runs/{run}/model-metrics")
    groups = page.get_by_test_id("experiment-view-compare-runs-section-header")
    sigma = groups.filter(has_text="sigma")
    sigma.wait_for()
    shown = {text.split()[0]: text.split()[1] for text in groups.all_inner_texts()}
    wanted = {"kl": "(5)", "loss": "(3)", "measure": "(11)", "sigma": "(2)", "valid": "(2)"}
    assert wanted.items() <= shown.items(), shown
    page.get_by_placeholder("Search metric charts").fill("sigma/")
    cards = page.get_by_test_id("experiment-view-compare-runs-card").filter(has_text="(sigma/")
    cards.nth(1).wait_for()
    for card in cards.all():
        card.locator(".scatterlayer path.js-line").first.wait_for(state="attached")
    page.wait_for_timeout(500)
    keep("curves")


def test_a_launch_page_shows_its_table_and_report(page, address, keep):
    open_runs(page, address)
    page.get_by_text("launch table6_1").click()
    page.get_by_role("heading", name="launch table6_1").wait_for()
    page.get_by_text("36/36").first.wait_for()
    assert page.locator("table:has-text('L-VAE') td").count() >= 5
    keep("launch")
    page.get_by_role("tab", name="Artifacts").click()
    page.get_by_text("report.html").click()
    frame = page.frame_locator("iframe").first
    frame.get_by_role("heading", name="What is missing").wait_for()
    assert frame.locator("figure img").count() >= 5
    keep("report")
