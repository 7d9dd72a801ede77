use super::*;

const CLUSTER: &str = "
kind: lambdastack-cluster
provider: any
specification:
  name: demo
  components:
    front: {count: 1, machines: [lb-1]}
    kafka: {count: 0}
    watch: {machines: [mon-1]}
---
kind: configuration/feature-mapping
specification:
  roles_mapping:
    front: [common, haproxy, node-exporter]
    watch: [common, prometheus]
---
kind: infrastructure/machine
name: lb-1
specification: {ip: 10.0.0.1}
---
kind: infrastructure/machine
name: mon-1
specification: {ip: mon.example, port: 2222}
---
kind: infrastructure/machine
name: idle
specification: {ip: 10.0.0.9}
---
kind: configuration/node-exporter
specification: {listen_port: 9200}
";

#[test]
fn documents_become_a_stack_in_order() {
    let reading = read(&[Source::new("cluster.yml", CLUSTER)], &Catalogue::embedded().unwrap());
    assert!(reading.misfits.is_empty(), "{:?}", reading.misfits);
    let stack = reading.stack.unwrap();
    assert_eq!(
        stack.order.iter().map(ModuleName::as_str).collect::<Vec<_>>(),
        ["common", "haproxy", "node-exporter", "prometheus"]
    );
    let wanted = |name: &str| &stack.modules[&name.parse().unwrap()];
    assert_eq!(wanted("common").machines.iter().collect::<Vec<_>>(), ["lb-1", "mon-1"]);
    assert_eq!(wanted("node-exporter").configuration.as_json()["listen_port"], 9200);
    assert_eq!(wanted("haproxy").configuration.as_json()["stats_port"], 8404);
    assert_eq!(stack.machines["mon-1"], Machine { address: "mon.example".to_owned(), port: 2222 });
    assert_eq!((stack.name.as_str(), stack.admin_user.as_str()), ("demo", "operations"));
    assert_eq!(reading.notes, ["the machine `idle` belongs to no component"]);
}

#[test]
fn a_component_can_be_one_module_of_the_same_name() {
    let text = "kind: lambdastack-cluster\nspecification: {components: {common: {machines: [a]}}}\n---\n\
                kind: infrastructure/machine\nname: a\nspecification: {ip: 10.0.0.1}\n";
    let stack = read(&[Source::new("x", text)], &Catalogue::embedded().unwrap()).stack.unwrap();
    assert_eq!(stack.order.iter().map(ModuleName::as_str).collect::<Vec<_>>(), ["common"]);
}
