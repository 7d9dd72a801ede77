//! `lambdastack test`: whether what was applied works.

use super::{
    Context,
    method::{Ground, went_wrong},
    report::{self, Report},
};
use crate::{cli::TestArgs, failure::unsatisfied, module::Method};
use anyhow::Result;

pub(super) fn run(context: &Context, args: &TestArgs) -> Result<u8> {
    let ground = Ground::take(context, &args.files, &args.state.state)?;
    ground.workplace()?;
    let (mut wrong, mut report) = (Vec::new(), Report::new(Method::Test, &ground.state.cluster));
    for name in ground.modules(Method::Test, &args.only)? {
        let outcome = ground.run(context, &args.ansible.program, Method::Test, &name, &[])?;
        report.ran(&name, &outcome);
        match outcome.failures.is_empty() {
            true => report::show(context, args.output, &format!("{name}: works\n"))?,
            false => wrong.push(went_wrong(&name, &outcome)),
        }
    }
    ground.workplace()?;
    report.print(args.output, ground.state.serial)?;
    if wrong.is_empty() { Ok(0) } else { Err(unsatisfied(format!("not everything works\n{}", wrong.join("\n")))) }
}
