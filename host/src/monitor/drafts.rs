//! What a guest says at length: reports and alerts, built up call by call, then said.

use wasmtime::component::Resource;

use super::bindings::weir::monitor::{host, types};
use super::handles::{AlertDraft, Draft, ReportDraft};
use super::host::{HostState, bound};
use super::said::Said;
use crate::event::{Condition, Measure, Report, Severity};

impl HostState {
    fn measure(
        &mut self,
        draft: &Resource<ReportDraft>,
        name: String,
        value: Measure,
    ) -> wasmtime::Result<()> {
        self.charge_label("bytes of a measure's name", &name)?;
        match &value {
            Measure::Count(_) => {}
            Measure::Number(_, unit) => self.charge_label("bytes of a measure's unit", unit)?,
            Measure::Text(text) => self.charge_label("bytes of a measure's text", text)?,
        }
        let limit = self.limits.labels_max;
        match self.report(draft)? {
            Some(report) => {
                report.measures.push((name, value));
                bound("measures in one report", "measures", report.measures.len(), limit)
            }
            None => Ok(()),
        }
    }

    /// The report behind a handle, unless it was emitted or belongs to an earlier call.
    fn report(&mut self, handle: &Resource<ReportDraft>) -> wasmtime::Result<Option<&mut Report>> {
        let draft = self.table.get(handle)?.0;
        Ok(kept(&mut self.reports, draft, self.call).and_then(Option::as_mut))
    }

    /// The alert behind a handle, unless it was raised or belongs to an earlier call.
    fn alert(&mut self, handle: &Resource<AlertDraft>) -> wasmtime::Result<Option<&mut Condition>> {
        let draft = self.table.get(handle)?.0;
        Ok(kept(&mut self.alerts, draft, self.call).and_then(Option::as_mut))
    }
}

/// Where a draft is kept, if it was begun in this call.
fn kept<T>(drafts: &mut [Option<T>], draft: Draft, call: u64) -> Option<&mut Option<T>> {
    drafts.get_mut(draft.index).filter(|_| draft.call == call)
}

impl host::HostReport for HostState {
    fn new(&mut self, title: String) -> wasmtime::Result<Resource<ReportDraft>> {
        self.charge_label("bytes of a report's title", &title)?;
        let (monitor, time) = (self.monitor.to_string(), self.now);
        let report = Report { monitor, time, title, measures: Vec::new() };
        self.reports.push(Some(report));
        self.open(ReportDraft(Draft { call: self.call, index: self.reports.len() - 1 }))
    }

    fn count(
        &mut self,
        draft: Resource<ReportDraft>,
        name: String,
        value: u64,
    ) -> wasmtime::Result<()> {
        self.measure(&draft, name, Measure::Count(value))
    }

    fn number(
        &mut self,
        draft: Resource<ReportDraft>,
        name: String,
        value: f64,
        unit: String,
    ) -> wasmtime::Result<()> {
        self.measure(&draft, name, Measure::Number(value, unit))
    }

    fn text(
        &mut self,
        draft: Resource<ReportDraft>,
        name: String,
        value: String,
    ) -> wasmtime::Result<()> {
        self.measure(&draft, name, Measure::Text(value))
    }

    fn emit(&mut self, draft: Resource<ReportDraft>) -> wasmtime::Result<()> {
        self.charge_call(0)?;
        let draft = self.table.get(&draft)?.0;
        match kept(&mut self.reports, draft, self.call).and_then(Option::take) {
            Some(report) => self.say(Said::Report(report)),
            None => Ok(()),
        }
    }

    fn drop(&mut self, draft: Resource<ReportDraft>) -> wasmtime::Result<()> {
        self.table.delete(draft)?;
        Ok(())
    }
}

impl host::HostAlert for HostState {
    fn new(&mut self, key: String, name: String) -> wasmtime::Result<Resource<AlertDraft>> {
        self.charge_label("bytes of an alert's key", &key)?;
        self.charge_label("bytes of an alert's name", &name)?;
        let raised =
            Condition { key, name, severity: Severity::default(), value: None, labels: Vec::new() };
        self.alerts.push(Some(raised));
        self.open(AlertDraft(Draft { call: self.call, index: self.alerts.len() - 1 }))
    }

    fn severity(
        &mut self,
        draft: Resource<AlertDraft>,
        severity: types::Severity,
    ) -> wasmtime::Result<()> {
        self.charge_call(0)?;
        if let Some(raised) = self.alert(&draft)? {
            raised.severity = match severity {
                types::Severity::Info => Severity::Info,
                types::Severity::Warning => Severity::Warning,
                types::Severity::Critical => Severity::Critical,
            };
        }
        Ok(())
    }

    fn value(
        &mut self,
        draft: Resource<AlertDraft>,
        value: f64,
        unit: String,
    ) -> wasmtime::Result<()> {
        self.charge_label("bytes of an alert's unit", &unit)?;
        if let Some(raised) = self.alert(&draft)? {
            raised.value = Some((value, unit));
        }
        Ok(())
    }

    fn label(
        &mut self,
        draft: Resource<AlertDraft>,
        name: String,
        value: String,
    ) -> wasmtime::Result<()> {
        self.charge_label("bytes of a label's name", &name)?;
        self.charge_label("bytes of a label", &value)?;
        let limit = self.limits.labels_max;
        match self.alert(&draft)? {
            Some(raised) => {
                raised.labels.push((name, value));
                bound("labels of one alert", "labels", raised.labels.len(), limit)
            }
            None => Ok(()),
        }
    }

    fn raise(&mut self, draft: Resource<AlertDraft>) -> wasmtime::Result<()> {
        self.charge_call(0)?;
        let draft = self.table.get(&draft)?.0;
        match kept(&mut self.alerts, draft, self.call).and_then(Option::take) {
            Some(raised) => self.say(Said::Raised(raised)),
            None => Ok(()),
        }
    }

    fn drop(&mut self, draft: Resource<AlertDraft>) -> wasmtime::Result<()> {
        self.table.delete(draft)?;
        Ok(())
    }
}
