"""References, files that files name, overrides, and what loading gives."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

import pytest

from scenarios.loading import library_organizations, library_scenarios, load_organization, load_scenario
from scenarios.problems import InputError
from simulator.faults import KINDS
from simulator.faults.burst_errors import BurstErrors
from tests.scenarios.conftest import Workspace

FLAGSHIP = "elevenlabs-intermittent"
SHARED = Path(__file__).parents[3] / "shared" / "procedure"


class TestReferences:
    @pytest.mark.parametrize("name", library_scenarios())
    def test_every_scenario_of_the_library_loads(self, name: str) -> None:
        assert load_scenario(name, KINDS).scenario.scenario == name

    @pytest.mark.parametrize("name", library_organizations())
    def test_every_organisation_of_the_library_loads(self, name: str) -> None:
        assert load_organization(name, KINDS).organization.organization == name

    def test_an_unknown_scenario_is_told_with_those_there_are(self) -> None:
        with pytest.raises(InputError) as caught:
            load_scenario("elevenlabs-intermitent", KINDS)
        assert str(caught.value).startswith(
            'unknown scenario "elevenlabs-intermitent"; did you mean "elevenlabs-intermittent"? (expected '
        )
        assert str(caught.value).endswith(", or a path)")

    def test_a_path_that_leads_nowhere_is_told(self) -> None:
        with pytest.raises(InputError, match=r"^gone/scenario\.yaml: there is no such file$"):
            load_scenario("gone/scenario.yaml", KINDS)

    @pytest.mark.parametrize("reference", ["", ".", "/", "a\0/b", "x" * 5000 + "/", "~/none.yaml", "\ud800/a"])
    def test_a_reference_that_no_system_knows_is_told(self, reference: str) -> None:
        for load in (load_scenario, load_organization):
            with pytest.raises(InputError):
                load(reference, KINDS)

    def test_an_organisation_may_be_named_by_its_folder(self, workspace: Workspace) -> None:
        loaded = load_organization(str(workspace.organization.parent), KINDS)
        assert loaded.path == workspace.organization

    def test_a_scenario_names_its_organisation_by_id_or_by_a_path_beside_it(self, workspace: Workspace) -> None:
        assert workspace.load().organization_path.samefile(workspace.organization)
        workspace.replace(workspace.scenario, "organization: ./seiketsu\n", "organization: seiketsu\n")
        assert workspace.load().organization_path == library_organizations()["seiketsu"]

    def test_an_organisation_that_is_not_there_is_a_problem_of_the_scenario(self, workspace: Workspace) -> None:
        workspace.replace(workspace.scenario, "organization: ./seiketsu\n", "organization: seikestu\n")
        assert workspace.problems() == [
            'organization: unknown organization "seikestu"; did you mean "seiketsu"? '
            '(expected "dataplatform", "seiketsu" or "webshop", or a path)'
        ]

    @pytest.mark.parametrize(
        ("file", "path"),
        [("alert-rules.yaml", "monitoring.rule_files[0]"), ("mitigation-strategies.yaml", "playbook_files[0]")],
    )
    def test_a_file_that_is_not_there_is_a_problem_of_the_one_that_names_it(
        self, workspace: Workspace, file: str, path: str
    ) -> None:
        gone = workspace.organization.parent / file
        gone.unlink()
        assert workspace.problems() == [f"{path}: {gone}: there is no such file"]


class TestWhatIsLoaded:
    def test_faults_carry_the_parameters_of_their_kind(self) -> None:
        (fault,) = load_scenario(FLAGSHIP, KINDS).scenario.faults
        assert (fault.id, fault.on, fault.at, fault.for_) == ("flapping", "elevenlabs", 600_000, 4_800_000)
        assert isinstance(fault.parameters, BurstErrors)
        assert (fault.parameters.mean_bad, fault.parameters.error_ratio.bad) == (60_000, 0.6)

    def test_playbooks_are_lists_of_actions_by_name(self) -> None:
        loaded = load_organization("seiketsu", KINDS)
        assert loaded.playbooks["voice_ai_failure"] == (
            "check_elevenlabs_api_status",
            "review_websocket_connections",
            "test_audio_processing_pipeline",
            "fallback_to_text_interface",
        )

    def test_digests_are_of_every_file(self, workspace: Workspace) -> None:
        files = [workspace.scenario, *workspace.organization.parent.glob("*.yaml")]
        expected = {file.resolve(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}
        assert workspace.load().digests == expected

    def test_rule_documents_remember_their_places(self, workspace: Workspace) -> None:
        (rules,) = workspace.load().rule_documents
        assert rules.place(("groups", 0, "rules", 1, "for"))[1:] == (17, 14)

    @pytest.mark.skipif(not SHARED.is_dir(), reason="the procedure's own files are not beside this checkout")
    def test_the_procedures_own_rules_and_playbooks_load_unmodified(self, workspace: Workspace) -> None:
        for name in ("alert-rules.yaml", "mitigation-strategies.yaml"):
            shutil.copy(SHARED / name, workspace.organization.parent / name)
        theirs, ours = workspace.load(), load_scenario(FLAGSHIP, KINDS)
        assert theirs.playbooks == ours.playbooks
        for rule in range(3):
            for key in ("alert", "expr", "for", "labels"):
                path = ("groups", 0, "rules", rule, key)
                assert theirs.rule_documents[0].at(*path) == ours.rule_documents[0].at(*path)

    def test_a_file_of_ten_thousand_lines_loads(self, workspace: Workspace) -> None:
        text = workspace.scenario.read_text()
        start, end = text.index("faults:\n") + len("faults:\n"), text.index("injects:\n")
        block = text[start:end]
        count = 10_000 // block.count("\n") + 1
        faults = "".join(block.replace("flapping", f"flapping-{number}") for number in range(count))
        workspace.scenario.write_text(text[:start] + faults + text[end:])
        assert len(workspace.load().scenario.faults) == count


class TestOverrides:
    def test_a_rules_field_by_the_name_of_its_alert(self) -> None:
        loaded = load_scenario(
            "elevenlabs-intermittent", KINDS, ["HighErrorRate.for=1m", "ServiceDown.labels.severity=P1"]
        )
        rules = [loaded.rule_documents[0].at("groups", 0, "rules", index) for index in range(3)]
        assert [rule["for"] for rule in rules] == ["1m", "1m", "10m"]
        assert [rule["labels"]["severity"] for rule in rules] == ["P1", "P1", "P1"]

    def test_an_item_of_a_list_by_its_id_or_number(self) -> None:
        loaded = load_scenario(
            FLAGSHIP,
            KINDS,
            ["faults.flapping.mean_bad=30s", "mitigations.raise_retries.effect.retries=7", "injects.0.at=20m"],
        )
        assert loaded.scenario.faults[0].parameters.mean_bad == 30_000
        assert loaded.scenario.mitigations[1].effect.retries == 7
        assert loaded.scenario.injects[0].at == 1_200_000

    def test_everything_by_a_star(self) -> None:
        people = load_organization("seiketsu", KINDS, ["people.*.training=novice"]).organization.people
        assert {person.training for person in people.values()} == {"novice"}

    def test_a_key_with_dots(self) -> None:
        people = load_organization("seiketsu", KINDS, ["people.alice.engineer.training=novice"]).organization.people
        assert [name for name, person in people.items() if person.training == "novice"] == ["alice.engineer"]

    def test_a_field_that_the_file_leaves_to_its_default(self) -> None:
        loaded = load_scenario(
            "elevenlabs-intermittent", KINDS, ["pass_rate=50%", "organization.delivery.retry_every=1m"]
        )
        assert (loaded.scenario.pass_rate, loaded.organization.delivery.retry_every) == (0.5, 60_000)

    def test_values_are_yaml(self) -> None:
        (fault,) = load_scenario(
            "elevenlabs-intermittent", KINDS, ["faults.0.error_ratio={good: 0, bad: 1}"]
        ).scenario.faults
        assert (fault.parameters.error_ratio.good, fault.parameters.error_ratio.bad) == (0, 1)

    def test_null_takes_an_optional_part_away(self) -> None:
        assert load_scenario(FLAGSHIP, KINDS, ["criteria.detected=null"]).scenario.criteria.detected is None

    def test_either_file_can_be_forced(self) -> None:
        loaded = load_scenario(FLAGSHIP, KINDS, ["scenario.title=One", "organization.title=Two"])
        assert (loaded.scenario.title, loaded.organization.title) == ("One", "Two")

    def test_digests_stay_those_of_the_files(self) -> None:
        changed = load_scenario(FLAGSHIP, KINDS, ["difficulty=3", "HighErrorRate.for=1m"])
        assert changed.digests == load_scenario(FLAGSHIP, KINDS).digests

    @pytest.mark.parametrize(
        ("override", "expected"),
        {
            "HighErorRate.for=1m": 'the path leads nowhere at "HighErorRate"; did you mean "HighErrorRate"?',
            "HighErrorRate.fro=1m": 'the path leads nowhere at "fro"; did you mean "for"?',
            "HighErrorRate=1m": "the path is too short (expected "
            '"alert", "annotations", "expr", "for", "keep_firing_for" or "labels")',
            "faults.floping.at=1m": 'the path leads nowhere at "floping"; did you mean "flapping"?',
            "faults.7.at=1m": 'the path leads nowhere at "7" (expected "flapping")',
            "faults.flapping.mean_bda=1m": 'the path leads nowhere at "mean_bda"; did you mean "mean_bad"?',
            "difficulty.x=1": 'the path leads nowhere at "x"',
            "people.alice.training=novice": 'the path leads nowhere at "alice" (expected "alice.engineer", "bob',
            "people.*.trainig=novice": 'the path leads nowhere at "trainig"; did you mean "training"?',
            "scenario.x.y=1": 'the path leads nowhere at "x"',
            "difficulty": "not an override (expected path=value)",
            "=5": "not an override (expected path=value)",
            "faults..at=5": "not an override (expected path=value)",
            "difficulty=[": "the value: not valid YAML: did not find expected node content",
            "difficulty=9": "difficulty: too large (got 9; expected at most 5)",
            "faults.flapping.on=eleven": 'faults[0].on: unknown service "eleven"; did you mean "elevenlabs"?',
            "people.*=5": "people",
            "people=5": "people: wrong type (got 5; expected a mapping)",
            "organization=gone.yaml": "organization: ",
        }.items(),
    )
    def test_a_wrong_override_is_told_as_such(self, override: str, expected: str) -> None:
        with pytest.raises(InputError) as caught:
            load_scenario(FLAGSHIP, KINDS, [override])
        problems = list(map(str, caught.value.problems))
        assert all(problem.startswith(f"--set {override}: ") for problem in problems)
        assert problems[0].removeprefix(f"--set {override}: ").startswith(expected)
