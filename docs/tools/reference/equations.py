"""The equations of models and measures in LaTeX; a test requires one for each."""

SYMBOLS = r"""
$R$ is the reconstruction error: the squared error summed over pixels and channels, mean over the
batch; or Bernoulli with `reconstruction: bernoulli`. $\mathrm{KL}=\sum_i \mathrm{KL}_i$ is in
nats, with one term for each of the $N$ latents. $\sigma$ is a learned weight, $D$ the number of
pixels times channels, and $\epsilon$ a constant that the source does not have. Every loss is
minimised."""

_MDL = r"\frac{R}{%s} + \sum_{i=1}^{N}\frac{\mathrm{KL}_i}{%s} + %s + %s"
_LOG_R, _LOG_I = r"1+\ln(1+\sigma_R^2)", r"1+\ln(1+\sigma_i^2)"
_EPS_R, _EPS_I = r"\sigma_R^2+\epsilon", r"\sigma_i^2+\epsilon"
_DIP = (
    r"R + \mathrm{KL} + \lambda_{od}\sum_{i\neq j} C_{ij}^2 + \lambda_d\sum_i (C_{ii}-1)^2,"
    r"\quad \lambda_d = f\lambda_{od},\quad C=\mathrm{Cov}[%s]"
)

MODELS_TEX: dict[str, str] = {
    "vae": r"R + \mathrm{KL}",
    "beta_vae": r"R + \beta\,\mathrm{KL}",
    "control_vae": (
        r"R + \beta(t)\,\mathrm{KL},\quad \beta = \max\left(\beta_{\min},\; "
        r"\frac{K_p}{1+e^{e(t)}} + \beta_{\min} + K_i\sum_{\tau\le t} e(\tau)\right),"
        r"\quad e = \mathrm{target} - \mathrm{KL}"
    ),
    "dynamic_vae": (
        r"R + \beta(t)\,\mathrm{KL},\quad \beta \leftarrow \beta + K_p\,(f(e_t)-f(e_{t-1}))"
        r" + K_i e_t,\quad f(e)=\frac{1}{1+\exp e},\quad "
        r"e_t = \mathrm{target} - \frac{1}{T}\sum_{\tau=t-T+1}^{t}\mathrm{KL}_\tau"
    ),
    "sigma_vae": (
        r"D\ln\sigma + \frac{R}{2\sigma^2} + \mathrm{KL},\quad "
        r"\ln\sigma = -6 + \mathrm{softplus}(w+6)"
    ),
    "l_vae": (
        r"\frac{R}{\sigma_0^2+\epsilon} + \frac{\mathrm{KL}}{\sigma_1^2+\epsilon}"
        r" + \sigma_0^2 + \sigma_1^2,\quad \epsilon = 10^{-8}"
    ),
    "mdl_vae_strong": _MDL % (_LOG_R, _LOG_I, r"\sigma_R^2", r"\sum_{i=1}^{N}\sigma_i^2"),
    "mdl_vae_weak": _MDL
    % (_LOG_R, _LOG_I, r"\sigma_R^2", r"\frac{1}{N}\sum_{i=1}^{N}\ln(1+\sigma_i^2)"),
    "mdl_vae_v1": _MDL % (_LOG_R, _LOG_I, r"\ln(1+\sigma_R^2)", r"\sum_{i=1}^{N}\ln(1+\sigma_i^2)"),
    "mdl_vae_v2": _MDL % (_EPS_R, _EPS_I, r"\sigma_R^2", r"\sum_{i=1}^{N}\sigma_i^2"),
    "mdl_vae_v3": _MDL % (_EPS_R, _EPS_I, r"\ln(1+\sigma_R^2)", r"\sum_{i=1}^{N}\ln(1+\sigma_i^2)"),
    "annealed_vae": (
        r"R + \gamma\,|\mathrm{KL}-C(t)|,\quad "
        r"C(t)=\min\left(c_{\max},\; c_{\max}\frac{t}{t_{\max}}\right)"
    ),
    "factor_vae": (
        r"R + \mathrm{KL} + \gamma\,\mathrm{TC},\quad "
        r"\mathrm{TC}=E_z\left[\ln\frac{d(z)}{1-d(z)}\right],\quad d\in[10^{-6},\,1-10^{-6}]"
    ),
    "beta_tc_vae": (
        r"R + \mathrm{KL} + (\beta-1)\,\mathrm{TC},\quad "
        r"\mathrm{TC}=E_z\left[\ln q(z) - \sum_i \ln q(z_i)\right]"
    ),
    "dip_vae_i": _DIP % r"\mu",
    "dip_vae_ii": _DIP % "z",
}

_GAP = r"\mathrm{gap}"
_INFO = (
    r"\quad M_{jk}=\frac{I(z_j;y_k)}{H(z_j)}\ \mathrm{(thesis)},\quad"
    r" \frac{I(z_j;y_k)}{H(y_k)}\ \mathrm{(locatello)}"
)
_CHANCE = r"\frac{a-1/K}{1-1/K}\ \mathrm{(thesis)},\quad a\ \mathrm{(locatello)}"
_SHARE = r"\mathrm{rescaled}(s,c)=\frac{s-c}{1-c},\quad A_{jk}=\frac{I(z_j;y_k)}{H(y_k)}"

MEASURES_TEX: dict[str, str] = {
    "cbd": r"\alpha\,\mathrm{compactness} + (1-\alpha)\,\mathrm{modularity},\quad \alpha=0.5",
    "cbd_compactness": r"\frac{1}{L}\sum_j \mathrm{gap}_k\,|\mathrm{PCC}(z_j,y_k)|",
    "cbd_modularity": r"\frac{1}{K}\sum_k \mathrm{gap}_j\,|\mathrm{PCC}(z_j,y_k)|",
    "beta_vae": (
        _CHANCE + r",\quad a = P\left(\hat{k}\left(\frac{1}{P}\sum_p |z_p-z'_p|\right)=k\right)"
    ),
    "factor_vae": (
        _CHANCE + r",\quad a = P\left(\mathrm{vote}\left(\argmin_j "
        r"\frac{\mathrm{Var}[z_j\mid y_k]}{\mathrm{Var}[z_j]}\right)=k\right)"
    ),
    "mig": rf"\frac{{1}}{{K}}\sum_k {_GAP}_j\,M_{{jk}},{_INFO}",
    "mig_sup": rf"\frac{{1}}{{L}}\sum_j {_GAP}_k\,M_{{jk}},{_INFO}",
    "modularity": (
        r"\frac{1}{L}\sum_j\left(1-\frac{\sum_{k\neq *} I(z_j;y_k)^2}{(K-1)\,I(z_j;y_*)^2}\right),"
        r"\quad *=\argmax_k I(z_j;y_k)"
    ),
    "explicitness": (
        r"2\left(a-\frac{1}{2}\right)\ \mathrm{(thesis)},\quad a\ \mathrm{(locatello)},\quad "
        r"a=\frac{1}{K}\sum_k\frac{1}{V_k}\sum_v \mathrm{AUC}(y_k=v)"
    ),
    "sap": (
        rf"\frac{{1}}{{K}}\sum_k {_GAP}_j\,S_{{jk}},\quad "
        r"S_{jk}\ \mathrm{the\ accuracy\ of\ predicting}\ y_k\ \mathrm{from}\ z_j"
    ),
    "sap_regression": rf"\frac{{1}}{{K}}\sum_k {_GAP}_j\,\mathrm{{PCC}}(z_j,y_k)^2",
    "irs": (
        r"\frac{\sum_j D_j\,\max_k(1-d_{jk}/D_j)}{\sum_j D_j},\quad D_j=\max_n|z_{nj}-\bar{z}_j|,"
        r"\quad d_{jk}=E_v\,Q_q\left(|z_{nj}-E[z_j\mid y_k=v]|\right)"
    ),
    "dci_disentanglement": (
        r"\sum_j\rho_j\,(1-H_K(P_{j\cdot})),\quad P_{jk}=\frac{R_{jk}}{\sum_k R_{jk}},"
        r"\quad \rho_j=\frac{\sum_k R_{jk}}{\sum_{jk}R_{jk}}"
    ),
    "dci_completeness": (
        r"\frac{1}{K}\sum_k(1-H_L(P_{\cdot k})),\quad P_{jk}=\frac{R_{jk}}{\sum_j R_{jk}}"
    ),
    "dci_informativeness": r"\frac{1}{K}\sum_k \max(0,\,R^2_k)",
    "dcimig": (
        r"\frac{\sum_k \max\{\mathrm{gap}_k\,I(z_j;y_k) : *_j=k\}}{\sum_k H(y_k)},"
        r"\quad *_j=\argmax_k I(z_j;y_k)"
    ),
    "jemmig": (
        r"\frac{1}{K}\sum_k\left(1-\frac{H(z_*,y_k)-I(z_*;y_k)+I(z_\circ;y_k)}{H(y_k)+\ln B}\right)"
    ),
    "infom": (
        r"\frac{1}{J}\sum_j \mathrm{rescaled}\left(\frac{\max_k A_{jk}}{\sum_k A_{jk}},"
        rf"\frac{{1}}{{K}}\right),\quad {_SHARE}"
    ),
    "infoc": (
        r"\frac{1}{K}\sum_k \mathrm{rescaled}\left(\frac{\max_j A_{jk}}{\sum_j A_{jk}},"
        rf"\frac{{1}}{{J}}\right),\quad {_SHARE}"
    ),
    "infoe": r"\frac{1}{K}\sum_k\left(1-\frac{\mathrm{CE}_k}{\ln V_k}\right)",
    "dcies_explicitness": (
        r"\frac{1}{K}\sum_k\left(1-\frac{2A_k}{(16-1)\,b_k}\right),\quad b_k=1-\frac{1}{V_k}"
    ),
    "dcies_informativeness": r"\max_d \frac{1}{K}\sum_k \mathrm{accuracy}_{dk}",
    "dcies_size": r"\frac{K}{L}",
    "gaussian_total_correlation": (
        r"\frac{1}{2}\left(\sum_j \ln V_{jj}-\ln\det V\right),\quad V=\mathrm{Cov}[z]"
    ),
    "gaussian_wasserstein_correlation": (
        r"W = 2\,\mathrm{tr}\,V - 2\,\mathrm{tr}\left(D^{1/2}VD^{1/2}\right)^{1/2},"
        r"\quad V=\mathrm{Cov}[z],\quad D=\mathrm{diag}\,V"
    ),
    "gaussian_wasserstein_correlation_norm": r"\frac{W}{\mathrm{tr}\,V}",
    "mutual_info_score": r"\frac{1}{L^2-L}\sum_{i\neq j} I(z_i;z_j)",
}

UDR_TEX = (
    r"\mathrm{median}_{j\neq i}\;\frac{1}{2}\left(\frac{1}{B}\sum_b\frac{(\max_a R_{ab})^2}"
    r"{\sum_a R_{ab}}+\frac{1}{A}\sum_a\frac{(\max_b R_{ab})^2}{\sum_b R_{ab}}\right),"
    r"\quad R=R(z^{(j)},z^{(i)})"
)
